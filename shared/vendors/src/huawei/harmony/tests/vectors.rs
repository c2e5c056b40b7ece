use shared::{crypto::encoding::sha256_hex, domain::time::Timestamp};

use super::{key_file, verified};
use crate::{
    huawei::{harmony::auth::bearer, rules::Account},
    record::Configured,
    testing::object,
};

const SIGNED: &str = "eyJraWQiOiJmMGExYjJjM2Q0ZTVmNjA3MTgyOTNhNGI1YzZkN2U4ZiIsInR5cCI6IkpXVCIsImFsZyI6IlBTMjU2In0.\
    eyJhdWQiOiJodHRwczovL29hdXRoLWxvZ2luLmNsb3VkLmh1YXdlaS5jb20vb2F1dGgyL3YzL3Rva2VuIiwiaXNzIjoiMTAwMDAwMDAxIiwiaWF0Ijox\
    NzY3MjI1NjAwLCJleHAiOjE3NjcyMjkyMDB9";
/// Of [`SIGNED`], by other libraries.
const SIGNATURE: &str = "fGX22PHiDAwMbPCTWfy5EHisDB9NjkTQdBWOYFaDJWDHdd0vrd50eIr_NQJ1WDX02dbyJuBQVwlsQ7dnpGJXTOClHx7jabwI\
    Lfa7-w9dQ5l5-kBcluoHQGq8z7qYbrgBCKB6DzPpwu12kFBRjPwiauACg43HH94A-mNaaRiFlx1vL5h1urH5oeVH1wKHkXUNZ_Yjq4KvdeWsc8eoT039\
    dbcRgz6Ap1SGFghlpZ17HphVZM5NjO1_yo0EHEHW754dbIu8QipAmc-6WABZp64ARj0JOYP5W9o-aphiCcoaw3JUcRRGVjazBMeC8_a6jvPNiGgD7H5E\
    QY1xi0qMWjovbw";

#[test]
fn the_bearer_is_signed_as_huawei_checks_it() {
    assert_eq!(sha256_hex(SIGNED.as_bytes()), "f903e2e6c6fbfab54751bbbb30238187385a1e4f2c44779e4823382d7415b361");
    assert!(verified(&format!("{SIGNED}.{SIGNATURE}")).is_some(), "the check takes what others signed");

    let record = object(key_file());
    let Account::Harmony(project) = Account::read(&record).unwrap() else { panic!("v3 is HarmonyOS") };
    let sign = || bearer(&project, Timestamp::from_millis(1_767_225_600_123)).unwrap();
    let (one, other) = (sign(), sign());
    for bearer in [&one, &other] {
        assert_eq!(bearer.rsplit_once('.').unwrap().0, SIGNED);
        assert!(verified(bearer).is_some());
    }
    assert_ne!(one, other, "a signature with salt is another each time");
}
