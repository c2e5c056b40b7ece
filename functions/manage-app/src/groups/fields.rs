//! Fields that the bodies of several routes share.

use std::collections::BTreeSet;

use serde_json::Value;
use shared::{
    domain::{
        group::MAX_NAME_CHARS,
        group_profile::{MAX_AVATAR_CHARS, MAX_CUSTOM_BYTES, MAX_DESCRIPTION_CHARS, MAX_MAX_USERS},
        id::UserId,
        invalid::Invalid,
    },
    lambda::{fields::Fields, id_list::read_ids},
};

/// Fields of a group in a body. Each value has the field name that was sent, because the response repeats it.
pub struct Described {
    pub name: Option<(&'static str, String)>,
    pub description: Option<(&'static str, String)>,
    pub custom: Option<(&'static str, String)>,
    pub avatar: Option<(&'static str, String)>,
    pub public: Option<(&'static str, bool)>,
    pub members_only: Option<(&'static str, bool)>,
    pub allow_invites: Option<(&'static str, bool)>,
    pub max_users: Option<(&'static str, u32)>,
    /// settings of an IM server's invitations; Curlew ignores their values
    pub unread: Vec<(&'static str, bool)>,
}

impl Described {
    /// Reads the fields that are present; `names` are the accepted names of the group's name.
    pub fn read(fields: &Fields, names: &[&'static str]) -> Result<Self, Invalid> {
        Ok(Self {
            name: text(fields, names, MAX_NAME_CHARS)?,
            description: text(fields, &["description", "desc"], MAX_DESCRIPTION_CHARS)?,
            custom: custom(fields)?,
            avatar: text(fields, &["avatar"], MAX_AVATAR_CHARS)?,
            public: flag(fields, &["public"])?,
            members_only: flag(fields, &["membersonly", "members_only"])?,
            allow_invites: flag(fields, &["allowinvites"])?,
            max_users: max_users(fields)?,
            unread: ["invite_need_confirm", "need_verify"]
                .into_iter()
                .map(|name| flag(fields, &[name]))
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Reads a list of users and drops duplicates.
pub fn users(name: &str, listed: &[Value]) -> Result<Vec<UserId>, Invalid> {
    let users: BTreeSet<UserId> = read_ids(name, listed, UserId::parse_as)?;
    Ok(users.into_iter().collect())
}

/// Reads a required text of at most `most` characters.
pub fn required_text(fields: &Fields, name: &str, most: usize) -> Result<String, Invalid> {
    bounded(name, fields.text(name)?, most).map(str::to_owned)
}

/// Returns the text of the first of these names that is present.
fn text(fields: &Fields, names: &[&'static str], most: usize) -> Result<Option<(&'static str, String)>, Invalid> {
    let mut found = None;
    for name in names {
        let text = fields.optional_text(name)?.map(|text| bounded(name, text, most)).transpose()?;
        found = found.or(text.map(|text| (*name, text.to_owned())));
    }
    Ok(found)
}

fn bounded<'a>(name: &str, text: &'a str, most: usize) -> Result<&'a str, Invalid> {
    if text.chars().count() <= most {
        Ok(text)
    } else {
        Err(Invalid::new(name, format!("must have at most {most} characters")))
    }
}

fn custom(fields: &Fields) -> Result<Option<(&'static str, String)>, Invalid> {
    match fields.optional_text("custom")? {
        Some(text) if text.len() > MAX_CUSTOM_BYTES => {
            Err(Invalid::new("custom", format!("must have at most {MAX_CUSTOM_BYTES} bytes in UTF-8")))
        }
        text => Ok(text.map(|text| ("custom", text.to_owned()))),
    }
}

fn flag(fields: &Fields, names: &[&'static str]) -> Result<Option<(&'static str, bool)>, Invalid> {
    let mut found = None;
    for name in names {
        let flag = fields.optional_flag(name)?;
        found = found.or(flag.map(|flag| (*name, flag)));
    }
    Ok(found)
}

fn max_users(fields: &Fields) -> Result<Option<(&'static str, u32)>, Invalid> {
    let Some(number) = fields.optional_integer("maxusers")? else {
        return Ok(None);
    };
    let number = u32::try_from(number).ok().filter(|number| (1..=MAX_MAX_USERS).contains(number));
    let number = number.ok_or_else(|| Invalid::new("maxusers", format!("must be 1 to {MAX_MAX_USERS}")))?;
    Ok(Some(("maxusers", number)))
}
