//! The names of the ports that a function is given. Tests compare what their adapters call with what the function's policy allows.

use std::{any::type_name, sync::Arc};

/// A port, or a struct of ports.
pub trait NamePorts {
    /// Returns the names of the ports, such as `ReadFacts`.
    fn port_names(&self) -> Vec<&'static str>;
}

impl<P: ?Sized> NamePorts for Arc<P> {
    fn port_names(&self) -> Vec<&'static str> {
        // Of `dyn shared::ports::users::ReadFacts` the last part.
        type_name::<P>().rsplit("::").take(1).collect()
    }
}

/// Returns the names of the ports of a struct, from its fields. Structs take themselves apart without `..` for this, so that the compiler
/// asks for a new field.
pub fn names_of(fields: &[&dyn NamePorts]) -> Vec<&'static str> {
    fields.iter().flat_map(|field| field.port_names()).collect()
}
