//! Keys that sign an app's tokens. They are derived from the stack's signing secret. After its rotation every app gets
//! a new key.

use shared::{
    crypto::encoding::hex,
    domain::{
        app::{App, TokenKey},
        id::AppKey,
    },
    lambda::{error::ApiError, token::SigningKey},
    ports::{clock::Entropy, error::StoreError},
};

use crate::ManageApp;

/// Maximum tries of a change while other callers change the same app.
const CHANGE_TRIES: u32 = 6;

impl ManageApp {
    /// Returns a new key, derived from the current signing secret.
    pub async fn new_key(&self, app: &AppKey) -> Result<TokenKey, ApiError> {
        let secret = self.signing_secret.current_secret().await?;
        Ok(derived(&secret, app, &key_id(&*self.entropy))?.public())
    }

    /// Returns the key that signs the app's tokens. If none of its keys is derived from the signing secret, the app
    /// gets a new key. Tokens signed by the previous key are still accepted.
    pub async fn signing_key(&self, app: App) -> Result<SigningKey, ApiError> {
        if let Some(key) = SigningKey::of(&self.signing_secret.secret().await?, &app) {
            return Ok(key);
        }
        let secret = self.signing_secret.current_secret().await?;
        let key = app.key.clone();
        let changed = self.change(app, |app| {
            if SigningKey::of(&secret, app).is_none() {
                app.add_token_key(derived(&secret, &app.key, &key_id(&*self.entropy))?.public());
            }
            Ok(())
        });
        let changed = changed.await?;
        Ok(SigningKey::of(&secret, &changed).ok_or_else(|| no_key(&key))?)
    }

    /// Returns the stored app, without the cache.
    pub async fn stored(&self, key: &AppKey) -> Result<App, ApiError> {
        self.apps.app_alone(key).await?.ok_or_else(|| ApiError::app_not_found(key.org(), key.app()))
    }

    /// Changes an app that other callers may change at the same time. Returns the changed app.
    pub async fn change(
        &self,
        mut app: App,
        change: impl Fn(&mut App) -> Result<(), ApiError>,
    ) -> Result<App, ApiError> {
        for _ in 0..CHANGE_TRIES {
            let seen = app.clone();
            change(&mut app)?;
            if app == seen {
                return Ok(app);
            }
            match self.apps.change_app(&app).await {
                Ok(()) => {
                    self.configs.forget(&app.key);
                    return Ok(app);
                }
                Err(StoreError::Conflict) => app = self.stored(&app.key).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

fn key_id(entropy: &dyn Entropy) -> String {
    hex(&entropy.bits().to_be_bytes())
}

fn derived(secret: &str, app: &AppKey, id: &str) -> Result<SigningKey, StoreError> {
    SigningKey::derive(secret, app, id).ok_or_else(|| no_key(app))
}

fn no_key(app: &AppKey) -> StoreError {
    StoreError::Corrupt(format!("no signing key of {app} follows from the stack's secret"))
}
