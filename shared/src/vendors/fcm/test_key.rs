//! A throw-away RSA key that signs nothing but tests.

/// PKCS#8, base64.
pub(super) const TEST_KEY: &str = "\
    MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCqegfJF0id+5sc\
    qjVKXoLWLzBnLgmDEsRrcCuofTlscGQSsbEmySakfM5UvMl6ewUDyAmsv9Ro+Pa3\
    dZIkuhwt6fKTfvc6uGlf09Oo7hT/Do3MAGHGzsNPy8wAt7tgDGP+DChJ0E26Ov3F\
    PLzRImQz67ue5ukqSXbJf0MmOj3MG4JxhFeUiycZIRWWYT88uj+lkViKuxEwc2bo\
    hoaeJ4dhQZg2VbdF4AVWSVPas3PVt6FKGofyjQvEULoqj3O9WjoV/r9ZgsbTR/eG\
    a4+glCLcc3ZEN9mdwbQ6RMwvpbWj7/3DofH5LuNADbE1k3ONk32O4DpjhHJ+RB47\
    7/kiGD4bAgMBAAECggEAAdvLuu8EjShhlAntA88M+R3RlsZjNykcuBkkeLVIy3xc\
    MvH5/vTBdZigvT7DqZCuyNBE/rumqrBQLEbdXYYj6YI78Uy4kEzTZUaPb6+Mzg0Q\
    EbHNXxgA/B06L6XRJqZr7qieRdO+DTI4cw6K9nK8Ce7fgEd/MkVTxLWc+002QEPl\
    9PXA14XIeQfPbuHFGDnbw5BsUcLPaA18YDONMIvRtt0y9VwhfUlfU/iuHsz/rgmH\
    Gj+3RZwQrS3V1lomFx0gckTeGPSxPogI0eLAECFOoUl5Su2TDq2CxWqkpeHpeUog\
    avwPvzYwcvkEEkmlUqarKsZHGkmyOGTz4gy+/k/epQKBgQDXpLsHKtRSBchogonE\
    xro8uzFQzyEXnGJjrO0Zbd8Kfw2d5DO9CtoA+X1MbBAmbak4KC2/hzgVNseuokFw\
    llRjH5Ofpui8Crw4z2rJxQ1UAwOyiMiySRqRXZMDAqC9l82tqqOxUaYN+m9DkXVV\
    rEI5dOohN8GKoF/7Jv0Zi/Se/QKBgQDKYWcIp9VJ8hpYoXlBfm/NYOcl8UyGFAP1\
    6K4/HO6kaMXd0MHUddU/iWbHTf2ZWgItvGn/qKiFmm389FW8eYgOtuNg+F1rQ1ch\
    GEEa0NMH9pmn/+ppWGP5gVxPWOOFJHZCFZjF12OxNJzM1o8eT6yyHhn4uNJPM6Pn\
    PwB5GBG49wKBgC7V7nEeEkNGUkKwp29/og9ysMFWW1+fbZcshcqSHHFRKwnx+HLE\
    mpi/l0Ez70YJZ0l1IIqKudmRrkj1oLTtUaK9xvhT7hR5WGwWUKFGFSD8Dp+GKeDf\
    E9AivL1YosTK5bckaq0miKRckjHgs9VJtpB4HinczEJplq8bxrj3tseZAoGAM+50\
    kvsGNzhh3FZrGAxKwifYiJr3qPwf3A0+EUHqVtPv2jCEXHF0LB6k+gWgSqaXIodT\
    p9/uhoIPMTa9fWSuLiBuDmcNCcY46Gwh4LCvRj7YRQzdaPTeiprQRigoEfU+R0zl\
    a/cORN2cUs/H395QEVC6F2HNzbcRmvhGtcwgWBcCgYBs3Iz5aRo9YUI0fGXJ6l++\
    YEZ52cDwgHJ+A+8geTskmIgnhnVktrIKIFpEQbMbEyJTd2saS/NYrO+JXTSPj+hR\
    jffYZ+TQX5sCimLQZFLWGsif+KvGbxe+QJFBXPDheVioa//zWbCsYIIty1+6IOSB\
    rV667oKiig8MyAyS47koTg==";

/// The key in the armour in which the console hands it out.
pub(super) fn pem() -> String {
    let line = |edge: &str| format!("-----{edge} {} KEY-----\n", "PRIVATE");
    format!("{}{TEST_KEY}\n{}", line("BEGIN"), line("END"))
}
