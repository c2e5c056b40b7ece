package curlew.client;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The server's end of one WebSocket, as far as RFC 6455 needs it for a test. */
final class SocketServer implements Closeable {
    static final int TEXT = 0x1;
    static final int REST = 0x0;
    static final int LAST = 0x80;
    private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private final ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private Socket peer;
    private DataInputStream in;
    private OutputStream out;

    SocketServer() throws IOException {}

    URI address() {
        return URI.create("ws://127.0.0.1:" + listening.getLocalPort() + "/?app=chat");
    }

    /** Takes a connection and answers its handshake with this status. */
    void accept(int status) throws IOException, NoSuchAlgorithmException {
        peer = listening.accept();
        in = new DataInputStream(peer.getInputStream());
        out = peer.getOutputStream();
        BufferedReader head = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
        String key = "";
        for (String line = head.readLine(); !line.isEmpty(); line = head.readLine()) {
            if (line.toLowerCase().startsWith("sec-websocket-key:")) {
                key = line.substring(line.indexOf(':') + 1).trim();
            }
        }
        byte[] digest = MessageDigest.getInstance("SHA-1").digest((key + MAGIC).getBytes(StandardCharsets.US_ASCII));
        String answer = status == 101
                ? "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(digest) + "\r\n\r\n"
                : "HTTP/1.1 " + status + " No\r\nContent-Length: 0\r\n\r\n";
        out.write(answer.getBytes(StandardCharsets.US_ASCII));
    }

    /** Sends a frame, or a part of one. */
    void send(int flags, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write(flags);
        if (bytes.length < 126) {
            out.write(bytes.length);
        } else {
            out.write(127);
            for (int shift = 56; shift >= 0; shift -= 8) {
                out.write((int) ((long) bytes.length >> shift));
            }
        }
        out.write(bytes);
        out.flush();
    }

    /** Reads a short text frame; "closed" for a close frame or the end of the connection. */
    String read() throws IOException {
        int first = in.read();
        if (first == -1 || (first & 0xf) == 0x8) {
            return "closed";
        }
        byte[] mask = new byte[4];
        byte[] bytes = new byte[in.readUnsignedByte() & 0x7f];
        in.readFully(mask);
        in.readFully(bytes);
        for (int at = 0; at < bytes.length; at++) {
            bytes[at] ^= mask[at % 4];
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Cuts the connection. */
    void cut() throws IOException {
        peer.close();
    }

    @Override
    public void close() throws IOException {
        if (peer != null) {
            peer.close();
        }
        listening.close();
    }
}
