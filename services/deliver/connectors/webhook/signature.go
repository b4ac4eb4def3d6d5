package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The headers of Standard Webhooks, and the one of the idempotency key.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
	HeaderKey       = "Idempotency-Key"
)

const (
	secretPrefix = "whsec_"
	version      = "v1,"
	// The bytes that a secret may have.
	leastSecret, mostSecret = 24, 64
	// tolerance is how far the time of a signature may be from now, so that a request that
	// was overheard is of no use later.
	tolerance = 5 * time.Minute
)

// errSignature never tells more: whoever forges learns nothing.
var errSignature = errors.New("the signature is not ours, or too old")

// Key is what a secret holds.
type Key []byte

// ParseSecret reads a secret: whsec_ and 24 to 64 bytes in base64. The error does not
// hold the secret.
func ParseSecret(text string) (Key, error) {
	encoded, is := strings.CutPrefix(strings.TrimSpace(text), secretPrefix)
	if !is {
		return nil, errors.New(`it does not begin with "whsec_"`)
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New("what follows whsec_ is no base64")
	}
	if len(raw) < leastSecret || len(raw) > mostSecret {
		return nil, fmt.Errorf("it has %d bytes, and needs %d to %d", len(raw), leastSecret, mostSecret)
	}
	return raw, nil
}

// Sign returns the signatures of a message, one for each key, as the header has them: the
// other side may know any one of them, while a secret is being replaced.
func Sign(keys []Key, id string, at time.Time, body []byte) string {
	signatures := make([]string, 0, len(keys))
	for _, key := range keys {
		signatures = append(signatures, version+base64.StdEncoding.EncodeToString(sum(key, id, strconv.FormatInt(at.Unix(), 10), body)))
	}
	return strings.Join(signatures, " ")
}

func sum(key Key, id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// Verify checks what Sign made: one of the signatures by one of the keys, and a time that
// is near now.
func Verify(keys []Key, id, timestamp, signatures string, body []byte, now time.Time) error {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || id == "" {
		return errSignature
	}
	if away := now.Sub(time.Unix(seconds, 0)); away > tolerance || away < -tolerance {
		return errSignature
	}
	for one := range strings.FieldsSeq(signatures) {
		encoded, is := strings.CutPrefix(one, version)
		given, err := base64.StdEncoding.DecodeString(encoded)
		if !is || err != nil {
			continue
		}
		for _, key := range keys {
			if hmac.Equal(given, sum(key, id, timestamp, body)) {
				return nil
			}
		}
	}
	return errSignature
}
