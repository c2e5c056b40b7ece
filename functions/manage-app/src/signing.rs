//! Which key signs an app's tokens. Keys follow from the stack's signing secret, so a rotated secret gives every app another one.

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

/// How often a change of an app is tried again after somebody else changed the app in between.
const CHANGE_TRIES: u32 = 6;

impl ManageApp {
    /// A key that nobody has used, from the signing secret as it is now.
    pub async fn new_key(&self, app: &AppKey) -> Result<TokenKey, ApiError> {
        let secret = self.signing_secret.current_secret().await?;
        Ok(derived(&secret, app, &key_id(&*self.entropy))?.public())
    }

    /// The key that signs the app's tokens. If none of its keys follows from the signing secret, the app gets a new one, and tokens
    /// of the key before are accepted on.
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

    /// The app as it is stored now.
    pub async fn stored(&self, key: &AppKey) -> Result<App, ApiError> {
        self.apps.app_alone(key).await?.ok_or_else(|| ApiError::app_not_found(key.org(), key.app()))
    }

    /// Changes an app that somebody else may change at the same time; answers what it is then.
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
