package curlew.client;

/**
 * A few strings that outlive the process; used on any thread. On Android: private {@code SharedPreferences}, left out of
 * backups, because a second phone must not get this phone's {@code device_id}.
 */
public interface Storage {
    /** The stored value, or null. */
    String get(String key);

    /** Stores a value; null removes it. */
    void put(String key, String value);
}
