use shared::{crypto::encoding::sha256_hex, domain::time::Timestamp};

use super::key_file;
use crate::{
    fcm::{
        auth::{assertion, body},
        rules::Account,
    },
    record::Configured,
    testing::object,
};

#[test]
fn the_assertion_is_signed_as_google_checks_it() {
    let record = object(key_file());
    let account = Account::read(&record).unwrap();
    let assertion = assertion(&account, Timestamp::from_millis(1_767_225_600_123)).unwrap();
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    assert_eq!(sha256_hex(signed.as_bytes()), "a91ccdf323fb78250fa954701e3e88dfe95681ba154b537ffb153de402c2d661");
    assert_eq!(
        signature,
        "R87a7GDK8uQM59-kCfY53Mh0ypnR1zho4wMGbdUzMkvAc2Q_WPQ46fmCCybeRZ78HK_B-GrxQjVBqIUw3MiS83-MV93eoJM9F4t80AKNlvoD\
         XgitpYj5DIP4YF1umR_w-0LMAW5afrhm2mS9Le15BfVivF04Eg-y42YKBQ6XQ30qIjqlZUcTDi31tVpcEbnat9Dv8eAr8ix1kSInPnkGD94A\
         YYNeY-9NKSMoCttEFIU0eZyKwFyzpoVxes8ymebMiN7vs0GUjEoOCgCn29VaMBdXwVmElgFYDt0k2CM5qLTVGOFmjogAmuivsdQtMM4r7RjV\
         k5gBelSj91PyPUt7Vw"
    );
    assert_eq!(sha256_hex(assertion.as_bytes()), "09bd3f976cc6936af54a197997e707ad4e8c552ecfd61a09e7ed029b0aa909e0");

    let body = body(&assertion);
    assert_eq!(body.len(), 784);
    assert_eq!(sha256_hex(body.as_bytes()), "61acd575fc22a1dc457243a6b10459633ca61718eeae34da2a11750bc488b483");
}
