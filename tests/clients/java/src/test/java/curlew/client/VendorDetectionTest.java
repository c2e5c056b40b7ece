package curlew.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VendorDetectionTest {
    private static final PushConfig ALL = PushConfig.builder()
            .server("http://api", "ws://live", "acme", "chat")
            .enableHonor("1044")
            .enableVivo("105", "key")
            .enableOppo("op-key", "op-secret")
            .enableMeizu("110", "key")
            .enableHuawei("101")
            .enableXiaomi("288", "key")
            .enableFcm("sender")
            .build();

    private final FakeApp app = new FakeApp();

    private Optional<Vendor> chosen(PushConfig config, Vendor... supported) {
        List<FakeSdk> sdks = Arrays.stream(Vendor.values())
                .sorted((one, other) -> other.compareTo(one))
                .map(vendor -> new FakeSdk(vendor, List.of(supported).contains(vendor), null))
                .toList();
        return VendorDetection.choose(config, sdks, app).map(VendorSdk::vendor);
    }

    @Test
    void the_first_supported_vendor_of_the_order_serves() {
        List<Vendor> order = List.of(
                Vendor.FCM, Vendor.XIAOMI, Vendor.HUAWEI, Vendor.MEIZU, Vendor.OPPO, Vendor.VIVO, Vendor.HONOR);
        for (int first = 0; first < order.size(); first++) {
            Vendor[] fromThere = order.subList(first, order.size()).toArray(Vendor[]::new);
            assertEquals(Optional.of(order.get(first)), chosen(ALL, fromThere));
        }
    }

    @Test
    void a_supported_vendor_that_the_app_did_not_configure_is_passed_over() {
        PushConfig huaweiOnly = PushConfig.builder()
                .server("http://api", "ws://live", "acme", "chat")
                .enableHuawei("101")
                .build();
        assertEquals(Optional.of(Vendor.HUAWEI), chosen(huaweiOnly, Vendor.FCM, Vendor.HUAWEI));
    }

    @Test
    void the_app_can_pass_a_vendor_over() {
        app.passedOver.add(Vendor.FCM);
        assertEquals(Optional.of(Vendor.HUAWEI), chosen(ALL, Vendor.FCM, Vendor.HUAWEI));
    }

    @Test
    void no_supported_vendor_means_none() {
        assertEquals(Optional.empty(), chosen(ALL));
    }

    @Test
    void certificates_are_named_as_the_reference_names_them() {
        assertEquals("sender", name(Vendor.FCM));
        assertEquals("288", name(Vendor.XIAOMI));
        assertEquals("101", name(Vendor.HUAWEI));
        assertEquals("110", name(Vendor.MEIZU));
        assertEquals("op-key", name(Vendor.OPPO));
        assertEquals("105#key", name(Vendor.VIVO));
        assertEquals("1044", name(Vendor.HONOR));
    }

    @Test
    void a_certificate_can_have_a_name_of_its_own() {
        PushConfig named = PushConfig.builder()
                .server("http://api", "ws://live", "acme", "chat")
                .enableFcm("sender")
                .certificate(Vendor.FCM, "fcm-live")
                .build();
        assertEquals("fcm-live", named.vendorApp(Vendor.FCM).orElseThrow().notifierName());
        assertThrows(
                IllegalArgumentException.class, () -> PushConfig.builder().certificate(Vendor.HONOR, "honor-live"));
    }

    private static String name(Vendor vendor) {
        return ALL.vendorApp(vendor).orElseThrow().notifierName();
    }
}
