// Tells whether a webhook came from unroutable. Needs Go 1.21 and nothing else.
//
//	WEBHOOK_SECRET=whsec_… go run verify.go ID TIMESTAMP SIGNATURES < body
//
// In a receiver, read the body as bytes and verify it before it is parsed. Ends with 0 when it is genuine, else with 1.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// Between sending and receiving: older requests may be somebody's recording.
const tolerance = 5 * time.Minute

// Verify takes the values of webhook-id, webhook-timestamp and webhook-signature.
func Verify(secret, id, timestamp, signature string, body []byte, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", id, timestamp)
	mac.Write(body)
	expected := mac.Sum(nil)
	// Two signatures while a secret is replaced: one that fits is enough.
	for _, one := range strings.Split(signature, " ") {
		text, isV1 := strings.CutPrefix(one, "v1,")
		given, err := base64.StdEncoding.DecodeString(text)
		if isV1 && err == nil && hmac.Equal(given, expected) {
			return true
		}
	}
	return false
}

func main() {
	body, err := io.ReadAll(os.Stdin)
	if err == nil && len(os.Args) == 4 &&
		Verify(os.Getenv("WEBHOOK_SECRET"), os.Args[1], os.Args[2], os.Args[3], body, time.Now()) {
		fmt.Println("genuine")
		return
	}
	fmt.Println("forged or too old")
	os.Exit(1)
}
