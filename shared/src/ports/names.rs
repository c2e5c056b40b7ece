//! The names of a function's ports. Tests compare the calls of their adapters with the function's IAM policy.

use std::{any::type_name, sync::Arc};

/// A port, or a struct that has some.
pub trait NamePorts {
    /// Returns the names of the ports, such as `ReadFacts`.
    fn port_names() -> Vec<&'static str>;
}

impl<P: ?Sized> NamePorts for Arc<P> {
    fn port_names() -> Vec<&'static str> {
        // Keeps the last part of a name such as `dyn shared::ports::users::ReadFacts`.
        type_name::<P>().rsplit("::").take(1).collect()
    }
}

/// Returns the names of the ports of a field. The argument only gives the field's type, and is never called.
pub fn names_in<S, F: NamePorts>(_: fn(&S) -> &F) -> Vec<&'static str> {
    F::port_names()
}

/// Implements [`NamePorts`](crate::ports::names::NamePorts) for a struct. The first list names the fields that are
/// ports or contain some, the list after `without` all other fields. The compiler refuses a list that lacks a field.
#[macro_export]
macro_rules! name_ports {
    ($of:ident { $($field:ident),* } $(without { $($other:ident),* })?) => {
        impl $crate::ports::names::NamePorts for $of {
            fn port_names() -> Vec<&'static str> {
                // Fails to compile if a field is missing.
                let _of_all_fields = |$($field,)* $($($other,)*)?| Self { $($field,)* $($($other,)*)? };
                [$($crate::ports::names::names_in(|of: &Self| &of.$field)),*].concat()
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{clock::Clock, users::ReadFacts};

    struct Inner {
        clock: Arc<dyn Clock>,
    }

    struct Outer {
        facts: Arc<dyn ReadFacts>,
        inner: Inner,
        #[expect(dead_code, reason = "only its name counts")]
        limit: usize,
    }

    name_ports! { Inner { clock } }
    name_ports! { Outer { facts, inner } without { limit } }

    #[test]
    fn the_ports_of_a_struct_are_those_of_its_fields() {
        assert_eq!(Outer::port_names(), ["ReadFacts", "Clock"]);
    }
}
