//! What an app says of a group beside its members.

/// Maximum characters of a group's description. Source: Easemob, "manage groups".
pub const MAX_DESCRIPTION_CHARS: usize = 512;
/// Maximum characters of the address of a group's picture. Source: the same page.
pub const MAX_AVATAR_CHARS: usize = 1024;
/// Maximum bytes of a group's `custom`. Source: the same page, "create a group".
pub const MAX_CUSTOM_BYTES: usize = 8 * 1024;
/// Maximum characters of a group's announcement. Source: Easemob, "manage group announcements".
pub const MAX_ANNOUNCEMENT_CHARS: usize = 512;
/// The largest `maxusers`: what `large_group_limit` allows at most.
pub const MAX_MAX_USERS: u32 = 100_000;

/// What an app says about joining a group. It is small: every change of members writes it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupSettings {
    /// whether it can be found
    pub public: bool,
    /// whether somebody must approve who joins
    pub members_only: bool,
    /// whether members may invite others
    pub allow_invites: bool,
    /// how many members it may have with its owner, if that was said
    pub max_users: Option<u32>,
    /// whether the app switched it off
    pub disabled: bool,
}

impl GroupSettings {
    /// Whether a group of these settings may have so many members.
    pub fn has_room_for(&self, members: usize) -> bool {
        self.max_users.is_none_or(|most| u32::try_from(members).is_ok_and(|members| members <= most))
    }
}

/// What an app says in words about a group. Nobody needs it to find members, so it is kept apart from the group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupInfo {
    /// what the group is about
    pub description: String,
    /// what the app notes
    pub custom: String,
    /// the address of its picture
    pub avatar: String,
    /// what its members should read
    pub announcement: String,
}

/// What is to become of a group; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupChange {
    /// what people call it
    pub name: Option<String>,
    /// whether it can be found
    pub public: Option<bool>,
    /// whether somebody must approve who joins
    pub members_only: Option<bool>,
    /// whether members may invite others
    pub allow_invites: Option<bool>,
    /// how many members it may have with its owner
    pub max_users: Option<u32>,
    /// whether it is switched off
    pub disabled: Option<bool>,
    /// what it is about
    pub description: Option<String>,
    /// what the app notes
    pub custom: Option<String>,
    /// the address of its picture
    pub avatar: Option<String>,
    /// what its members should read
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
