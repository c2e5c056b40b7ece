//! What a vendor's folder is written with: one import in each of its files.
//!
//! It holds what most vendors use. A file names what only a few use, and its own folder's items, by itself.

pub(crate) use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

pub(crate) use async_trait::async_trait;
pub(crate) use bytes::Bytes;
pub(crate) use futures::{FutureExt, StreamExt, stream};
pub(crate) use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
pub(crate) use serde::{Deserialize, Serialize};
pub(crate) use serde_json::{Map, Value, json};
pub(crate) use serde_with::skip_serializing_none;
pub(crate) use shared::{
    domain::{
        binding::DeviceToken,
        invalid::Invalid,
        outcome::{CallError, Outcome},
        push::{Notification, SemanticClass},
        receipt::Event,
        time::Timestamp,
        vendor_answer::VendorAnswer,
    },
    ports::{
        clock::Clock,
        vendor::{CallReport, RenewCall, Renewed, Revoked, VendorCall, VendorClient},
    },
};

pub(crate) use crate::{
    access_token::{Access, AccessToken, Authorized, Issued, Issuer, Keyed, authorization, oauth},
    message::{
        ByClass, Click, Frame, Payload, Tap,
        custom::{strings, with_extras},
        receipt_param, replace_id, revocation,
        text::{cut, cut_by, push_token, push_tokens, to_json},
    },
    receipts::{
        EventRow, Names, Receipt, ReceiptError, ReceiptReader, Report, event_row, object_in_form, unsigned, word,
    },
    record::{
        Address, Configured, Digits, Flag, Form, JavaName, Line, List, Number, Optional, PrivateKey, Required, Rule,
        Secret, Settings, Usual, Visible, account_of, field, forms, options_of, read, rules_of, settings_of, stored,
        stored_both,
    },
    reporting::{
        Classifier, Failure, HTTP, Isolation, Part, Refusal, RequestSizes, Row, SUSPECT, SendTogether, UNREGISTERED,
        Verdict, Words, accepted,
        day::until_hour,
        look_up, merge,
        merged::{self, MergedCall, MergedLimits, MergedMessage, push_array},
        number, of_named, of_token, of_tokens, rate_limited, row,
    },
    spec::{ReceiptAddress, Spec},
    transport::{
        Description, MASK, NoReply, Reply,
        form::{self, escaped, form, form_field, push_escaped, push_escaped_tokens},
    },
    vendor_client::{Client, Issuing, Protocol},
};
