package curlew.client;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** An app that writes down what it was told. */
final class FakeApp implements App {
    final List<String> taken = new ArrayList<>();
    final List<InstantPush> pushes = new ArrayList<>();
    final List<String> notified = new ArrayList<>();
    final List<String> kicks = new ArrayList<>();
    final List<String> problems = new ArrayList<>();
    /** Ids that the app fails to store. */
    final Set<String> refused = new HashSet<>();
    final Set<Vendor> passedOver = new HashSet<>();
    int badgesCleared;
    int tokensGiven;
    /** Unix milliseconds. */
    long tokensExpireAt = Long.MAX_VALUE;
    boolean serverIsDown;
    /** The app's code fails before it asks its server. */
    boolean hasBug;

    @Override
    public void take(Message message, boolean notify) {
        if (refused.contains(message.id())) {
            throw new IllegalStateException("the database is full");
        }
        taken.add(message.id());
        if (notify) {
            notified.add(message.id());
        }
    }

    @Override
    public void takePush(InstantPush push, boolean notify) {
        if (refused.contains(push.id())) {
            throw new IllegalStateException("the database is full");
        }
        pushes.add(push);
        if (notify) {
            notified.add(push.id());
        }
    }

    @Override
    public UserToken userToken(String user) throws IOException {
        if (hasBug) {
            throw new IllegalStateException("a bug");
        }
        if (serverIsDown) {
            throw new IOException("no network");
        }
        return new UserToken("token-" + user + "-" + ++tokensGiven, tokensExpireAt);
    }

    @Override
    public void clearBadge() {
        badgesCleared++;
    }

    @Override
    public void kicked(String reason) {
        kicks.add(reason);
    }

    @Override
    public void problem(String what) {
        problems.add(what);
    }

    @Override
    public boolean isSupportPush(Vendor vendor, boolean supported) {
        return supported && !passedOver.contains(vendor);
    }
}
