//! The demo's phones: who logs in on them, and what they show.

use super::{
    cast::{Card, Phone, listed, notifier},
    screen::Ink,
    shade,
    stage::Stage,
    stop::Stop,
};
use crate::{
    simulators::{Device, Spec},
    stack::StackError,
};

impl Stage<'_> {
    /// Returns the phone of this name.
    pub fn phone(&mut self, device: &str) -> Result<&mut Phone, Stop> {
        let found = self.phones.iter_mut().find(|phone| phone.device == device);
        found.ok_or(Stop::Stack(StackError::Lacking("the phone")))
    }

    /// Logs a user in on a phone: the app registers its token.
    pub async fn bind(&mut self, user: &'static str, device: &'static str) -> Result<(), Stop> {
        let phone = self.phone(device)?;
        let (vendor, token) = (phone.vendor, phone.token.clone());
        self.stack.vendors.add_devices([Device::live(vendor.name(), token.as_str())]).await?;
        self.app.bind(user, device, &token, &notifier(vendor)).await?;
        self.screen.event(&format!("{user} logs in on the {device}, which {} reaches", vendor.title));
        Ok(())
    }

    /// Checks a user's bindings against the expected devices.
    pub async fn check_bindings(&self, user: &str, expected: &[&str]) -> Result<(), Stop> {
        let bindings = self.app.bindings(user).await?;
        let found: Vec<&str> = bindings.iter().filter_map(|binding| binding["device_id"].as_str()).collect();
        let words = |devices: &[&str]| if devices.is_empty() { "none".to_owned() } else { devices.join(", ") };
        self.screen.detail(&self.screen.paint(Ink::Faint, &format!("  {user}'s bindings: {}", words(&found))));
        self.check(found == expected, format!("{user}'s bindings: {}", words(expected)), words(&found))
    }

    /// Prints a phone's notification shade.
    pub async fn show(&mut self, owner: &str, device: &'static str) -> Result<(), Stop> {
        let screen = self.screen;
        let phone = self.phone(device)?;
        let (vendor, token) = (phone.vendor, phone.token.clone());
        let found = self.shade(vendor, &token).await?;
        let phone = self.phone(device)?;
        shade::draw(screen, &format!("{owner}'s {device}"), &found, phone.read);
        phone.read = found.len();
        Ok(())
    }

    /// Returns a phone's notification shade, read from the simulator.
    async fn shade(&self, vendor: &Spec, token: &str) -> Result<Vec<Card>, Stop> {
        let view = self.stack.vendors.device(vendor.name(), token).await?;
        let cards = view.shade.into_iter().map(|shown| {
            let notice = shown.delivery.notice;
            Card {
                title: notice.title.unwrap_or_default(),
                body: notice.body.unwrap_or_default(),
                alerts: shown.alerts,
            }
        });
        Ok(cards.collect())
    }

    /// Checks every phone's shade against the expected notifications.
    pub async fn check_shades(&self) -> Result<(), Stop> {
        for phone in &self.phones {
            let found = self.shade(phone.vendor, &phone.token).await?;
            let expected = format!("on the {}: {}", phone.device, listed(&phone.shade));
            self.check(found == phone.shade, expected, listed(&found))?;
        }
        Ok(())
    }
}
