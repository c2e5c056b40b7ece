mod client;
mod revoke;
mod rules;
mod table;
mod vectors;

use serde_json::{Value, json};

use crate::testing::test_key::pem;

/// The key file of a project, as Google's console hands it out.
fn key_file() -> Value {
    json!({
        "type": "service_account",
        "project_id": "im-demo-1234",
        "private_key_id": "0123456789abcdef0123456789abcdef01234567",
        "private_key": pem(),
        "client_email": "push-sender@im-demo-1234.iam.gserviceaccount.com",
        "client_id": "123456789012345678901",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": "https://www.googleapis.com/robot/v1/metadata/x509/push-sender",
        "universe_domain": "googleapis.com",
    })
}
