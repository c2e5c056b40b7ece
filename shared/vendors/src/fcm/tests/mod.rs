mod batches;
mod client;
mod revoke;
mod rules;
mod table;
mod trouble;
mod vectors;

use serde_json::{Value, json};
use shared::domain::{outcome::Outcome, vendor::Vendor};

use crate::testing::{Say, Seen, TestedVendor, TokenEndpoint, test_key::pem};

const TOKEN_PATH: &str = "/fcm/token";

static FCM: TestedVendor = TestedVendor {
    vendor: Vendor::Fcm,
    record: key_file,
    token_endpoint: Some(TokenEndpoint::oauth(TOKEN_PATH)),
    token: |number| format!("t{number}"),
    targets: |seen| vec![target(seen)],
    taken,
    accepted,
};

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

fn target(seen: &Seen) -> String {
    seen.json()["message"]["token"].as_str().unwrap().to_owned()
}

fn taken(seen: &Seen) -> Say {
    Say::json(200, json!({"name": format!("projects/im-demo-1234/messages/{}", target(seen))}))
}

fn accepted(token: &str) -> Outcome {
    Outcome::Accepted { vendor_message_id: Some(format!("projects/im-demo-1234/messages/{token}")) }
}

fn refused(http: u16, status: &str, detail: Option<&str>) -> Say {
    let detail =
        detail.map(|code| json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}));
    let details: Vec<Value> = detail.into_iter().collect();
    Say::json(http, json!({"error": {"code": http, "message": "no", "status": status, "details": details}}))
}
