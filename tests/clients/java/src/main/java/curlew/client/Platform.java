package curlew.client;

import java.util.List;
import java.util.Random;

/** What the client needs from the machine that it runs on. */
public record Platform(
        Http http, Sockets sockets, Scheduler scheduler, Storage storage, Random random, List<VendorSdk> sdks) {}
