//! The names of a function's ports. Tests compare the calls of their adapters with the function's IAM policy.

use std::{
    any::type_name,
    sync::{Arc, Mutex, atomic::AtomicUsize},
};

use crate::domain::vendor::Vendor;

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

/// A field's type that is no port and contains none. What stands behind `dyn` cannot be one.
pub trait NoPort {}

impl NoPort for bool {}
impl NoPort for usize {}
impl NoPort for AtomicUsize {}
impl NoPort for String {}
impl NoPort for Vendor {}
impl<T: NoPort> NoPort for Arc<T> {}
impl<T: NoPort> NoPort for Mutex<T> {}
impl<T: NoPort> NoPort for Option<T> {}

/// Compiles for a field without ports. The argument only gives the field's type, and is never called.
pub const fn no_port_in<S, F: NoPort>(_: fn(&S) -> &F) {}

/// Implements [`NamePorts`](crate::ports::names::NamePorts) for a struct. The first list names the fields that are
/// ports or contain some, the list after `without` all other fields. The compiler refuses a list that lacks a field, and a port after `without`:
///
/// ```
/// use std::sync::Arc;
/// use shared::{name_ports, ports::clock::Clock};
///
/// struct Watch { clock: Arc<dyn Clock>, limit: usize }
/// name_ports! { Watch { clock } without { limit } }
/// ```
/// ```compile_fail,E0277
/// use std::sync::Arc;
/// use shared::{name_ports, ports::clock::Clock};
///
/// struct Watch { clock: Arc<dyn Clock>, limit: usize }
/// name_ports! { Watch { } without { clock, limit } }
/// ```
#[macro_export]
macro_rules! name_ports {
    ($of:ident { $($field:ident),* } $(without { $($other:ident),* })?) => {
        impl $crate::ports::names::NamePorts for $of {
            fn port_names() -> Vec<&'static str> {
                // Fails to compile if a field is missing.
                let _of_all_fields = |$($field,)* $($($other,)*)?| Self { $($field,)* $($($other,)*)? };
                $($(const { $crate::ports::names::no_port_in(|of: &Self| &of.$other) };)*)?
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
        limit: usize,
    }

    name_ports! { Inner { clock } }
    name_ports! { Outer { facts, inner } without { limit } }

    #[test]
    fn the_ports_of_a_struct_are_those_of_its_fields() {
        assert_eq!(Outer::port_names(), ["ReadFacts", "Clock"]);
    }
}
