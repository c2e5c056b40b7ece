//! HTTP: presence events of IM gateways; online status.
