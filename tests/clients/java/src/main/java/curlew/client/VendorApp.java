package curlew.client;

import java.util.Map;

/**
 * The app as a vendor knows it.
 *
 * @param vendor whose push service
 * @param notifierName name of the certificate (notifier) on the server; it alone selects the channel of a token
 * @param keys what the registration of the vendor's SDK takes, by the console's names: {@code app_id}, {@code app_key}
 */
public record VendorApp(Vendor vendor, String notifierName, Map<String, String> keys) {
    VendorApp named(String name) {
        return new VendorApp(vendor, name, keys);
    }
}
