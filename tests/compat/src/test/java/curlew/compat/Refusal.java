package curlew.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.easemob.im.server.EMException;
import org.junit.jupiter.api.function.Executable;

/** What the SDK throws when a call is refused. */
final class Refusal {
    private Refusal() {}

    /** The call must be refused with this exception and status, and a message that has these words. */
    static void of(Class<? extends EMException> type, int status, String words, Executable call) {
        EMException refusal = assertThrows(type, call);
        assertEquals(status, refusal.getErrorCode());
        assertTrue(refusal.getMessage().contains(words), refusal.getMessage());
    }
}
