package curlew.client;

/**
 * A user token, as the app's server gets it from {@code POST /{org}/{app}/token} with {@code inherit}.
 *
 * @param expiresAt Unix milliseconds
 */
public record UserToken(String value, long expiresAt) {
    /** Keeps the value out of logs. */
    @Override
    public String toString() {
        return "UserToken until " + expiresAt;
    }
}
