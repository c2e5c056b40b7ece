//! The app's secret as a header; Xiaomi has no access tokens
//! (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1559>).

use super::rules::Account;
use crate::prelude::*;

/// The headers of every request.
pub(super) fn headers(account: &Account) -> Result<HeaderMap, NoReply> {
    let mut key =
        HeaderValue::try_from(format!("key={}", &*account.app_secret)).map_err(|_| NoReply::NotSent("app secret"))?;
    key.set_sensitive(true);
    let mut headers = form::headers();
    headers.insert(AUTHORIZATION, key);
    Ok(headers)
}
