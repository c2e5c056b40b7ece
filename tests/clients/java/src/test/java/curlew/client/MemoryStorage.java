package curlew.client;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Strings that outlive the client, not the test. */
final class MemoryStorage implements Storage {
    private final Map<String, String> values = new ConcurrentHashMap<>();

    @Override
    public String get(String key) {
        return values.get(key);
    }

    @Override
    public void put(String key, String value) {
        if (value == null) {
            values.remove(key);
        } else {
            values.put(key, value);
        }
    }
}
