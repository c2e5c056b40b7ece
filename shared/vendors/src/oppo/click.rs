//! What a tap on a notification does (<https://open.oppomobile.com/documentation/page/info?id=11236>).

use shared::domain::invalid::Invalid;

use crate::record::{Fields, Shape};

/// What a tap does: a page of the app by its class name, or one text whose form tells what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Click<'a> {
    /// a page of the app, by the action of its intent filter
    Action(&'a str),
    /// a web page
    Web(&'a str),
    /// a page of the app, by its class name
    Class(&'a str),
    /// a page of the app, by an address of its own: `scheme://host/path`
    Address(&'a str),
}

impl<'a> Click<'a> {
    /// Reads the options of these names; one of them at most may be set.
    pub(super) fn read(fields: &Fields<'a>, activity: &str, action: &str) -> Result<Option<Self>, Invalid> {
        let class = fields.formed(activity, Shape::JAVA_NAME)?.map(Click::Class);
        let Some(text) = fields.text(action, 2000)? else {
            return Ok(class);
        };
        if class.is_some() {
            return Err(fields.invalid(action, &format!("must not stand beside {activity}")));
        }
        let scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte);
        match text.split_once("://") {
            Some(("http" | "https", _)) => Ok(Some(Self::Web(text))),
            Some((name, rest)) if !name.is_empty() && name.bytes().all(scheme) && !rest.is_empty() => {
                Ok(Some(Self::Address(text)))
            }
            _ => match fields.formed(action, Shape::JAVA_NAME) {
                Ok(_) => Ok(Some(Self::Action(text))),
                Err(_) => Err(fields.invalid(action, "must be an address or the action of an intent filter")),
            },
        }
    }

    /// OPPO's number of it.
    pub(super) fn kind(self) -> u8 {
        match self {
            Self::Action(_) => 1,
            Self::Web(_) => 2,
            Self::Class(_) => 4,
            Self::Address(_) => 5,
        }
    }

    /// The page's name.
    pub(super) fn activity(self) -> Option<&'a str> {
        match self {
            Self::Action(name) | Self::Class(name) => Some(name),
            Self::Web(_) | Self::Address(_) => None,
        }
    }

    /// The address.
    pub(super) fn url(self) -> Option<&'a str> {
        match self {
            Self::Web(url) | Self::Address(url) => Some(url),
            Self::Action(_) | Self::Class(_) => None,
        }
    }
}
