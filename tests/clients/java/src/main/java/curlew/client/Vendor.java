package curlew.client;

/** Push services of phone vendors. The order of the constants is the order of detection. */
public enum Vendor {
    FCM,
    XIAOMI,
    HUAWEI,
    MEIZU,
    OPPO,
    VIVO,
    HONOR
}
