//! Reads what an operator configures: credential records and options, as serde structs.
//!
//! Knows no vendor and no request. A field is written once: its name and its rule are its declaration. A refusal names the
//! field and the rule and never the value. `null` and the empty text count as absent; unknown fields are ignored.
//!
//! | module | holds |
//! |---|---|
//! | `object` | reads an object into a struct, lists the names of its fields, stores it |
//! | `refusal` | which field is wrong, and which rule it breaks |
//! | `form` | how a text must look |
//! | `text` | a text that must be there, and one that may |
//! | `value` | numbers, flags, addresses, lists |
//! | `key` | the private key of a service account |
//! | `rules` | what a vendor lets an operator configure |
//! | `call` | the account and the options of a call |

mod call;
mod form;
mod key;
mod object;
mod refusal;
mod rules;
#[cfg(test)]
mod tests;
mod text;
mod value;

pub use call::{Settings, account_of, options_of, rejected, settings_of};
pub(crate) use form::forms;
pub use form::{Digits, Form, JavaName, Line, Rule, Secret, Visible};
pub use key::PrivateKey;
pub use object::{field, names, read, stored, stored_both};
pub use refusal::Refusal;
pub(crate) use rules::rules_of;
pub use rules::{Configured, NoFacts, VendorRules};
pub use text::{Optional, Required, Usual};
pub use value::{Address, Flag, List, Number};
