package curlew.compat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.easemob.im.server.EMService;
import com.easemob.im.server.api.token.Token;
import com.easemob.im.server.exception.EMForbiddenException;
import com.easemob.im.server.exception.EMUnauthorizedException;
import java.io.IOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Access tokens. The names of the tests begin with the ids of docs/easemob-calls.md. */
@EnabledIfSystemProperty(named = "curlew.stack", matches = ".+", disabledReason = "make compat names the stack")
class TokensTest {
    private static App app;

    @BeforeAll
    static void an_app() throws IOException {
        app = App.create("tokens");
    }

    @Test
    void T1_an_app_token_opens_the_app() {
        Token token = app.sdk.token().getAppToken().block();
        assertTrue(token.isValid());
        assertFalse(token.getValue().isEmpty());
    }

    @Test
    void T1_a_wrong_client_secret_gets_no_token() {
        EMService wrong = app.sdk("wrong");
        Refusal.of(EMUnauthorizedException.class, 401, "client_secret", () -> wrong.user().get("ann").block());
    }

    @Test
    void T2_a_user_token_makes_its_user_known() throws IOException {
        String token = app.sdk.token().getUserTokenWithInherit("t2-ann");
        assertEquals("t2-ann", app.sdk.user().get("t2-ann").block().getUsername());
        assertEquals(0, app.getAs(token, "/users/t2-ann/offline_msg_count").getAsJsonObject("data").get("t2-ann").getAsInt());
    }

    @Test
    @SuppressWarnings("deprecation") // app servers call it all the same
    void T3_a_password_gets_no_token() {
        app.sdk.user().create("t3-ann", "secret").block();
        Refusal.of(EMForbiddenException.class, 403, "inherit", () -> app.sdk.user().getToken("t3-ann", "secret").block());
    }
}
