package curlew.client;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Chooses the vendor that serves this phone: the first in {@link Vendor}'s order that is configured and supported. */
final class VendorDetection {
    private VendorDetection() {}

    static Optional<VendorSdk> choose(PushConfig config, Collection<? extends VendorSdk> sdks, App app) {
        return sdks.stream()
                .filter(sdk -> config.vendorApp(sdk.vendor()).isPresent())
                .sorted(Comparator.comparing(VendorSdk::vendor))
                .filter(sdk -> app.isSupportPush(sdk.vendor(), sdk.isSupported()))
                .map(sdk -> (VendorSdk) sdk)
                .findFirst();
    }
}
