//! The app's secret as a header; Xiaomi has no access tokens
//! (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1559>).

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};

use super::rules::Account;
use crate::transport::NoReply;

/// The headers of every request.
pub(super) fn headers(account: &Account) -> Result<HeaderMap, NoReply> {
    let mut key =
        HeaderValue::try_from(format!("key={}", &*account.app_secret)).map_err(|_| NoReply::NotSent("app secret"))?;
    key.set_sensitive(true);
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(AUTHORIZATION, key);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded;charset=UTF-8"));
    Ok(headers)
}
