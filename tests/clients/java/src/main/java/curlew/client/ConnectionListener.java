package curlew.client;

/** What the live connection brings, on the client's thread. */
interface ConnectionListener {
    /** It is open: messages of before are to be pulled. */
    void opened();

    /** It could not be opened; another attempt follows. */
    void unreachable();

    /** The server did not take a frame, which may have been an acknowledgement. */
    void frameLost();

    /** A message or an instant push. Returns whether to acknowledge it. */
    boolean received(Received received);

    /** The server ended the device's session. No attempt follows. */
    void kicked(String reason);

    void problem(String what);

    /** The id of the newest message that the app has, or null. */
    String newest();
}
