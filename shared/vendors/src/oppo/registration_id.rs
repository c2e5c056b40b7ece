//! What OPPO's registration ids look like, as its server SDK checks them
//! (<https://github.com/JasperXgwang/ups-oppo-push-java-sdk>): 32 hexadecimal digits, perhaps behind a region
//! (`CN_`), perhaps behind a brand and a region (`OPPO_CN_`); very old ones have 24 digits.

use super::rules::Region;
use crate::prelude::*;

/// Whether a token looks like a registration id.
pub(super) fn well_formed(token: &DeviceToken) -> bool {
    let token = token.expose();
    let mut parts = token.rsplitn(3, '_');
    let (id, region, brand) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let digits = match region {
        None => [32, 24].contains(&id.len()),
        Some(_) => id.len() == 32,
    };
    digits
        && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        && region.is_none_or(|region| region == "EUEX" || is_country(region))
        && brand.is_none_or(|brand| {
            (2..=10).contains(&brand.len()) && brand.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// Whether a token belongs to the region whose host it is sent to. A token of another region says that the notifier is
/// the wrong one, not that the token is unregistered.
pub(super) fn belongs(token: &DeviceToken, region: Region) -> bool {
    let country = token.expose().rsplit('_').nth(1);
    match region {
        Region::China => country.is_none_or(|country| country == "CN"),
        Region::Abroad => country.is_some_and(|country| country != "CN"),
    }
}

fn is_country(region: &str) -> bool {
    region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_uppercase())
}
