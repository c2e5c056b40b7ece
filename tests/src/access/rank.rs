//! What a caller may do on a route, derived from the route's description.

use super::ApiRoute;

/// What the bearer of a call is to the app, and to the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// no bearer, or none that is valid here
    Nobody,
    /// the app's server
    App,
    /// the user whom the path names, if it names one
    User,
    /// a user of the app whom the path does not name
    OtherUser,
    /// the app's support staff
    Support,
    /// the operator, by the operator key
    OperatorKey,
    /// the operator, by a bearer
    OperatorToken,
}

/// What a route must answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// whatever its state says: the caller may call it
    Opened,
    /// 401: the bearer is none here
    Unauthorized,
    /// 403: the bearer is valid, and does not permit this
    Forbidden,
    /// what it answers without a bearer, because it takes none
    Public,
}

impl Rank {
    /// Every rank.
    pub const ALL: [Self; 7] =
        [Self::Nobody, Self::App, Self::User, Self::OtherUser, Self::Support, Self::OperatorKey, Self::OperatorToken];

    /// Returns the description's name of its bearer.
    pub fn scheme(self) -> Option<&'static str> {
        match self {
            Self::Nobody => None,
            Self::App => Some("appToken"),
            Self::User | Self::OtherUser => Some("userToken"),
            Self::Support => Some("supportToken"),
            Self::OperatorKey => Some("operatorKey"),
            Self::OperatorToken => Some("operatorToken"),
        }
    }

    /// Returns whether the app knows the bearer.
    fn is_of_app(self) -> bool {
        matches!(self, Self::App | Self::User | Self::OtherUser | Self::Support)
    }
}

impl ApiRoute {
    /// Returns what it must answer to a caller of this rank.
    pub fn expects(&self, rank: Rank) -> Expected {
        if self.schemes().is_empty() {
            return Expected::Public;
        }
        let opens = rank.scheme().is_some_and(|scheme| self.takes(scheme));
        match opens {
            true if rank == Rank::OtherUser && self.names_a_user() => Expected::Forbidden,
            true => Expected::Opened,
            false if self.is_of_app() && rank.is_of_app() => Expected::Forbidden,
            false => Expected::Unauthorized,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::access::described_routes;

    fn of(route: &str, rank: Rank) -> Expected {
        let routes = described_routes();
        let found = routes.iter().find(|described| described.to_string() == route);
        found.unwrap_or_else(|| panic!("{route} is not described")).expects(rank)
    }

    #[test]
    fn a_rank_gets_what_the_description_says() {
        let own = "PUT /{org}/{app}/users/{username}/push/binding";
        assert_eq!(of(own, Rank::User), Expected::Opened);
        assert_eq!(of(own, Rank::OtherUser), Expected::Forbidden);
        assert_eq!(of(own, Rank::Support), Expected::Forbidden);
        assert_eq!(of(own, Rank::OperatorKey), Expected::Unauthorized);
        assert_eq!(of("GET /management/apps", Rank::OperatorToken), Expected::Opened);
        assert_eq!(of("GET /management/apps", Rank::App), Expected::Unauthorized);
        assert_eq!(of("POST /management/token", Rank::OperatorToken), Expected::Unauthorized);
        assert_eq!(of("GET /health", Rank::Nobody), Expected::Public);
    }

    #[test]
    fn every_scheme_of_the_description_is_one_of_a_rank() {
        let known: BTreeSet<&str> = Rank::ALL.into_iter().filter_map(Rank::scheme).collect();
        for route in described_routes() {
            let unknown = route.schemes().iter().find(|scheme| !known.contains(scheme.as_str()));
            assert_eq!(unknown, None, "{route}");
        }
    }
}
