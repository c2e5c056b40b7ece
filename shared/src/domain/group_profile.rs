//! Settings and texts of a group beside its members.

/// Maximum characters of a group's description. Source: Easemob, "manage groups".
pub const MAX_DESCRIPTION_CHARS: usize = 512;
/// Maximum characters of the address of a group's picture. Source: the same page.
pub const MAX_AVATAR_CHARS: usize = 1024;
/// Maximum bytes of a group's `custom`. Source: the same page, "create a group".
pub const MAX_CUSTOM_BYTES: usize = 8 * 1024;
/// Maximum characters of a group's announcement. Source: Easemob, "manage group announcements".
pub const MAX_ANNOUNCEMENT_CHARS: usize = 512;
/// The largest `maxusers`, which is also the maximum of `large_group_limit`.
pub const MAX_MAX_USERS: u32 = 100_000;

/// Settings for joining a group. They stay small, because every change of members writes them again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupSettings {
    /// whether it can be found
    pub public: bool,
    /// whether somebody must approve each new member
    pub members_only: bool,
    /// whether members may invite others
    pub allow_invites: bool,
    /// maximum members including the owner, if the app set it
    pub max_users: Option<u32>,
    /// whether the app switched it off
    pub disabled: bool,
}

impl GroupSettings {
    /// Returns whether these settings allow so many members.
    pub fn has_room_for(&self, members: usize) -> bool {
        self.max_users.is_none_or(|most| u32::try_from(members).is_ok_and(|members| members <= most))
    }
}

/// Texts about a group. Finding members does not need them, so they are stored in a row of their own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupInfo {
    /// what the group is about
    pub description: String,
    /// free text of the app
    pub custom: String,
    /// the address of its picture
    pub avatar: String,
    /// an announcement for its members
    pub announcement: String,
}

/// A change of a group. A field that is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupChange {
    /// the group's name
    pub name: Option<String>,
    /// whether it can be found
    pub public: Option<bool>,
    /// whether somebody must approve each new member
    pub members_only: Option<bool>,
    /// whether members may invite others
    pub allow_invites: Option<bool>,
    /// maximum members including the owner
    pub max_users: Option<u32>,
    /// whether it is switched off
    pub disabled: Option<bool>,
    /// what it is about
    pub description: Option<String>,
    /// free text of the app
    pub custom: Option<String>,
    /// the address of its picture
    pub avatar: Option<String>,
    /// an announcement for its members
    pub announcement: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_that_was_said_ends_a_group() {
        let of = |max_users| GroupSettings { max_users, ..GroupSettings::default() };
        assert!(of(None).has_room_for(usize::MAX));
        assert!(of(Some(3)).has_room_for(3) && !of(Some(3)).has_room_for(4));
    }
}
