//! The encryption of credentials.

use super::{Case, Cipher, run::suite};
use crate::{
    ports::{cipher::Purpose, error::StoreError},
    testing::sample::notifier_name,
};

suite! { "cipher" on dyn Cipher:
    what_was_encrypted_is_decrypted,
    a_ciphertext_shows_nothing_of_the_credential,
    a_ciphertext_opens_for_its_notifier_only,
    a_ciphertext_opens_for_its_purpose_only,
    what_is_no_ciphertext_is_corrupt,
}

async fn what_was_encrypted_is_decrypted(cipher: &dyn Cipher, case: &Case) {
    let name = notifier_name("fcm#1");
    for plain in [b"{}".to_vec(), vec![0; 4000], (0..=255).collect()] {
        let sealed = cipher.encrypt(&case.app, &name, Purpose::Credential, &plain).await.unwrap();
        assert_eq!(cipher.decrypt(&case.app, &name, Purpose::Credential, &sealed).await.unwrap(), plain);
    }
}

async fn a_ciphertext_shows_nothing_of_the_credential(cipher: &dyn Cipher, case: &Case) {
    let sealed = cipher.encrypt(&case.app, &notifier_name("fcm"), Purpose::Credential, b"a private key").await.unwrap();
    assert!(!sealed.windows(7).any(|bytes| bytes == b"private"));
}

async fn a_ciphertext_opens_for_its_notifier_only(cipher: &dyn Cipher, case: &Case) {
    let sealed = cipher.encrypt(&case.app, &notifier_name("fcm"), Purpose::Credential, b"secret").await.unwrap();
    for (app, name) in [(&case.app, "huawei"), (&case.elsewhere, "fcm")] {
        let opened = cipher.decrypt(app, &notifier_name(name), Purpose::Credential, &sealed).await;
        assert!(matches!(opened, Err(StoreError::Corrupt(_))), "{app} {name}: {opened:?}");
    }
}

async fn a_ciphertext_opens_for_its_purpose_only(cipher: &dyn Cipher, case: &Case) {
    let name = notifier_name("huawei");
    for (one, other) in [
        (Purpose::Credential, Purpose::Receipt),
        (Purpose::Receipt, Purpose::Callback),
        (Purpose::Callback, Purpose::Credential),
    ] {
        let sealed = cipher.encrypt(&case.app, &name, one, b"secret").await.unwrap();
        let opened = cipher.decrypt(&case.app, &name, other, &sealed).await;
        assert!(matches!(opened, Err(StoreError::Corrupt(_))), "{other:?}: {opened:?}");
        assert_eq!(cipher.decrypt(&case.app, &name, one, &sealed).await.unwrap(), b"secret");
    }
}

async fn what_is_no_ciphertext_is_corrupt(cipher: &dyn Cipher, case: &Case) {
    let opened = cipher.decrypt(&case.app, &notifier_name("fcm"), Purpose::Credential, b"not a ciphertext").await;
    assert!(matches!(opened, Err(StoreError::Corrupt(_))), "{opened:?}");
}
