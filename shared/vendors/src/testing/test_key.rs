//! Throw-away RSA keys that sign nothing but tests.

/// Of 2048 bits. PKCS#8, base64.
const TEST_KEY: &str = "\
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

/// Of 4096 bits, the largest that is taken. PKCS#8, base64.
const LARGE_KEY: &str = "\
    MIIJQgIBADANBgkqhkiG9w0BAQEFAASCCSwwggkoAgEAAoICAQDldiXs7Nufn43I\
    DwLuunGAmqORPMEeHQNJn1RMY0hbafxZM6rav9PI5JMIi9K3/kmxqkh5QHkT8dHN\
    OfOwnf0JJYfFotXW9GgbIktTyYBdWtmuv1DN46CsWsjK7SwK6uMLStONgNaeJhOY\
    KR4QfMeQDmLlHw/g4cws4aOT5kwhPDW5Dulz6+e7YNsqsCM3DNXYfDx7Tw8nSROl\
    PWAkpzKrxPBC97JVdHZ+tM81ma/U77f4kWFAXeUsqLRstEamjUMg4cJSzIUVaj0m\
    9zFN2hpyG5TfU7NrfAlx5JRpmBRF6BpyvWvq+osEOdS0sKYjoup/9wufDA43qULT\
    MDlYeRJce+8Oxp7orvWTqeNC/LOp6ufYoTgHodWYGP+B5Enggs5nqOna5LOH7hBa\
    t6cAr1G6267hbzbDMR49TkhzNBDPi4EGFl6VNznbc9x1dFrIkE6aJlTeTp+nN1Kx\
    TYeHWV6ZgvMPh+fAx0/XphOZ54o5ysdm9hzvyQis3c8c8DJunBuaFrGAxpMfVmql\
    TDH3BtkIbbNPoarAzzpKED+jew81d1EqdutAw4Nmv++X2Czp+63iIhwqcesd6ZsX\
    uR0pBiD9KUWczWKx1a7um0SqpqOP7KkhaPWUk7HTJ60c3tMZ8Ihy4HRNbkeggzcO\
    FVOZlJa5jCXE2G86sUOB9/207hJUlQIDAQABAoICAGFAMdK4kFyWwwCHXDbRzkkz\
    QR/NIAwjP8F0RcYaThBwWwNzYnZT1u7N8YMtv6E7pQAnq4+4Q5iwZLsWVLIGQ7gc\
    r+6TlQ4FiBn37vUT8dOfLaNiclzQnMhvsapP2trFsnSWwhK3CD7+5E8ZHiTevbXQ\
    Yxm4kII/MMnU1/9XG+z6F8rXBxqaYRyJcFonTMWIKxoVjYy1dTaxQiJGYPkn49Hp\
    Jes8D9koAxCwkSGmgV8+OjqfYxhkszy6Q73OqiLsvAazqChvhfgNjt105vCX/51d\
    EzuTvfdQGrCqsDwQuIboWE1I+vQcO88Os5fhRojUA484pTRDZ8MveaMITUWyCpVa\
    UpRV6aRMzYsPAflekyfuPykSd3BmP9yGnauJKFQZsVew3QMeFwMTPDE/Cp2fshjU\
    mnkd3mHhwXdcfJ0zWIokzSBGR3U/HiWrVmfCCvSquLwQKFv8vdUBPAvRdXnVON+z\
    oXI309leqmokak2LbfXB8lBKKotLmrwfWoLhyP5JBkrBzy3wlY0zRxZ/vV5uA+Mq\
    1yIgrlJPQJdWihdBlXlZxJZ4Mqxty+YUhlZV9B20SwxO8MBjW68eDnNZG0mFjTI3\
    NgQtQwdk2ylesten3tRotGeVTS/JSHRo5V5XpZBJOnZbiHvKgxAPFAnY8k5Rx4aj\
    rplfLC7kxLQfFtrXFKYBAoIBAQD8nLMYmbCsFLrlF8oYyLFZMNKqlgVCNq3n1HA8\
    2w9iFnLn2JNYvkFKkbRA6TPmfaF60D+WKixn2PUGI1gaExpQSouLQXawhd1XZFfL\
    l3hJvNOfeL3YiDP+gQfYtFpQI0zQJkIs7oEHVNNwgBK0arCX8iMdNqWGU2dZRz22\
    amkMtncWckHf9U4zRXz/oQZepvTKpilbcKMm8I997h9Ow3vUvVN9OMdYIZsn7rVP\
    W11jHHXZiEkNSoLNQshI6UaB8tgTi6Nj5bV0rfZ8yNkTxDeAtryyFWWbAGbJ5v9q\
    NqWOyuxejySisJMnnK9OKyTNTFjzxO8J9dTfODHxd8R9oQArAoIBAQDoifcHsrEF\
    XkRzRhYVWc4WEtOpprOl9ZlSQQV/uqOwmDz97WifxcgE1COO9sCY56IqISj/LHGf\
    p47KBn3BmzlihOIuI6YiP3NoAfeuyLU8tpROfMCPzrvIlo4yv5s92hMSWNcma4YR\
    WLkpADEsrReA6lT8VsGA4gei/rVhMU+3dqZ3KPsRpOprgtr22mUMvuUycLd0rKs/\
    HlAu6d5QdHjnnD47FmnIpqA8Kl68CkootWYlNop/gJVFEV3R/B5hK0V8lNsBBCsz\
    RBUUMizBjyiSy+b7/jgzwDDs32mTP3pwY0fHgm/+VCclAMbE1YN8xEDvL+dgHm3s\
    HMdwAd266t4/AoIBAFcuVXkWAa1B8kaCcVMgYGShvvL0l5gEevxZiurVx3dYvAtb\
    6W5lKu9rXcRRN4JCtWpHWMqgf3bPn7CgnhVRpnEzaPmEfEvrxzoT/WDcQ71fF8If\
    z5VdXGRnb6fQhqLFrAriSVBsd8dp9RcMfGgbshqejJPWekXjnvVm6tt72glzJ6Jt\
    iGKcrIJxZvRqRGKCSFVwBzHxq70SpNMXTWLHgIMpXBkJcXLvFjcv4Q8kPxSni9yp\
    dlzJ7F6ev7S6HYVXpE8KkDc33eoI59qlDpYN0AHyDyl+zPQzrUXdHSUw+u5PBkiU\
    KlajjgXLw4y8wxS/Vqu6uay8VN087a+iYAPjfsUCggEACE2EyH2U3IA1KXiDKVf/\
    h8I8VH5jQ7W1N76il6DuX0vQQbDMX4gMUD/S1TPyRINgwuhUMmg/1leBPa1lqBgG\
    wIHGIaecMvTZBgmr8k2wSu6p9PN3XKshAVR+10kIHfk/XRRW+kQ0kUH9un0LRHEZ\
    ubykNC5U0mk/pI47o7DDC+Xso6yO6l5dEGGnt9CscvwN6vMjWcMgiixm6IXpLi46\
    cuqdPjbaqBNq/Tr2Dvi/FR0E/Kcp4suQiNrJ4smBvC5zWLNn7m1brYTsy7/O4Upf\
    RH6LTMwS7aYbGRoRBvTpRkIFOhZqMUaH70ZL0pNdEoNfXirzs/biLeAJLvKiHB5u\
    uQKCAQEAv7CU5MXl7Nap+M1SgnbOKDWKS+7glEvUsgAqQhMZvsuWIPZCFnqA1nSe\
    2tsWv+7vRtlXcpK5JhyLW7w2KcaoM9UFXMlJmx0PsIcJteeQ8aU21x333P/yqSW2\
    CGWZ9RJZMl03ENEkw5iZvN0TE+/ksFsk7kkrOMzQqTfq6LqiJ9/sZIaxNxdXo3jP\
    hwlRZNdX7Yhhs3s6fNTgA2lBDebY9jgALX5yBdj4Gnv2lziN58dvAGlc+GAPaoBr\
    OzyHwMLqaC1Fbny87oJ/mkFs9x+I+4T+Jg+uOrHR5+u6USKMx6n0/P8MUC+EMMdB\
    399KLts0JPNA8YxOCxzyX+dpe2L1vA==";

/// The key in the armour in which consoles hand it out.
pub fn pem() -> String {
    armoured(TEST_KEY)
}

/// The large key, likewise.
pub fn large_pem() -> String {
    armoured(LARGE_KEY)
}

fn armoured(key: &str) -> String {
    let line = |edge: &str| format!("-----{edge} {} KEY-----\n", "PRIVATE");
    let lines = key.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned() + "\n");
    format!("{}{}{}", line("BEGIN"), lines.collect::<String>(), line("END"))
}
