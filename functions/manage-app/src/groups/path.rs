//! Extractors of groups and users in the path, and query parameters of lists.

use std::collections::BTreeSet;

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Deserialize;
use shared::{
    domain::{
        group::MAX_SHOWN_GROUPS,
        id::{GroupId, UserId},
        invalid::Invalid,
    },
    lambda::{access::path_param, error::ApiError},
};

/// The group in the path.
pub struct PathGroup(pub GroupId);

impl<S: Send + Sync> FromRequestParts<S> for PathGroup {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let id = path_param(parts, state, "group").await?;
        GroupId::parse_as("group", &id).map(Self).map_err(ApiError::from)
    }
}

/// The groups in the path, separated by commas, without duplicates.
pub struct PathGroups(pub Vec<GroupId>);

impl<S: Send + Sync> FromRequestParts<S> for PathGroups {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let listed = path_param(parts, state, "group").await?;
        let ids: Vec<&str> = listed.split(',').collect();
        if ids.len() > MAX_SHOWN_GROUPS {
            return Err(Invalid::new("group", format!("must be at most {MAX_SHOWN_GROUPS} groups")).into());
        }
        let mut seen = BTreeSet::new();
        let parsed: Vec<GroupId> =
            ids.into_iter().map(|id| GroupId::parse_as("group", id)).collect::<Result<_, _>>()?;
        Ok(Self(parsed.into_iter().filter(|id| seen.insert(id.clone())).collect()))
    }
}

/// The users in the path, separated by commas: the text that was sent, and the id that it means.
pub struct PathUsers(pub Vec<(String, UserId)>);

impl<S: Send + Sync> FromRequestParts<S> for PathUsers {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let listed = path_param(parts, state, "usernames").await?;
        let mut seen = BTreeSet::new();
        let mut users = Vec::new();
        for name in listed.split(',') {
            let user = UserId::parse_as("usernames", name)?;
            if seen.insert(user.clone()) {
                users.push((name.to_owned(), user));
            }
        }
        Ok(Self(users))
    }
}

/// Query parameters of a list, as they were sent.
#[derive(Debug, Default, Deserialize)]
pub struct ListQuery {
    /// maximum entries of the page
    pub limit: Option<String>,
    /// the entry after which the page begins
    pub cursor: Option<String>,
    /// `v3` for members by their names
    pub version: Option<String>,
    /// `asc` or `desc` by the time of joining
    pub sort: Option<String>,
    /// number of the page
    pub pagenum: Option<String>,
    /// entries of a page
    pub pagesize: Option<String>,
}

impl ListQuery {
    /// Returns the number of entries asked for. More than `most` counts as `most`, as in the reference API.
    pub fn limit(&self, default: usize, most: usize) -> Result<usize, Invalid> {
        Ok(at_least_one("limit", self.limit.as_deref(), default)?.min(most))
    }

    /// Returns the page's number, counted from 1, and the entries of a page.
    pub fn page(&self, default: usize, most: usize) -> Result<(usize, usize), Invalid> {
        let size = at_least_one("pagesize", self.pagesize.as_deref(), default)?.min(most);
        Ok((at_least_one("pagenum", self.pagenum.as_deref(), 1)?, size))
    }

    /// Returns whether the newest come first, or `None` if no order is asked for.
    pub fn descending(&self) -> Result<Option<bool>, Invalid> {
        match self.sort.as_deref() {
            None => Ok(None),
            Some("asc") => Ok(Some(false)),
            Some("desc") => Ok(Some(true)),
            Some(_) => Err(Invalid::new("sort", "must be one of: asc, desc")),
        }
    }
}

/// Maximum number that a query may have.
const MAX_NUMBER: usize = 1_000_000_000;

fn at_least_one(name: &str, text: Option<&str>, default: usize) -> Result<usize, Invalid> {
    let number = text.map_or(Some(default), |text| text.parse().ok());
    let number = number.filter(|number| (1..=MAX_NUMBER).contains(number));
    number.ok_or_else(|| Invalid::new(name, format!("must be a whole number of 1 to {MAX_NUMBER}")))
}
