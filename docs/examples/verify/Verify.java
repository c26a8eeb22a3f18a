// Tells whether a webhook came from unroutable. Needs Java 17 and nothing else.
//
//   WEBHOOK_SECRET=whsec_… java Verify.java ID TIMESTAMP SIGNATURES < body
//
// In a receiver, read the body as bytes and verify it before it is parsed. Ends with 0 when it is genuine, else with 1.

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public final class Verify {
  /** Seconds between sending and receiving: older requests may be somebody's recording. */
  private static final long TOLERANCE = 5 * 60;

  /** The values of webhook-id, webhook-timestamp and webhook-signature. */
  static boolean verify(String secret, String id, String timestamp, String signature, byte[] body, Instant now)
      throws GeneralSecurityException {
    if (!timestamp.matches("[0-9]{1,12}")) return false;
    if (Math.abs(now.getEpochSecond() - Long.parseLong(timestamp)) > TOLERANCE) return false;
    byte[] key = Base64.getDecoder().decode(secret.replaceFirst("^whsec_", ""));
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
    byte[] expected = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes(StandardCharsets.UTF_8);
    // Two signatures while a secret is replaced: one that fits is enough.
    for (String one : signature.split(" ")) {
      if (MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), expected)) return true;
    }
    return false;
  }

  public static void main(String[] args) throws Exception {
    byte[] body = System.in.readAllBytes();
    boolean isGenuine = verify(System.getenv("WEBHOOK_SECRET"), args[0], args[1], args[2], body, Instant.now());
    System.out.println(isGenuine ? "genuine" : "forged or too old");
    System.exit(isGenuine ? 0 : 1);
  }
}
