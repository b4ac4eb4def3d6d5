package bus

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Always compared, although their declared value may be Go's zero value.
var alwaysCompared = map[string]bool{"Retention": true, "Storage": true, "Discard": true, "MaxAge": true, "Compression": true}

// differences lists the fields of a stream that were asked for and are not what the
// server shows, each with both values. A field that we leave open is the server's affair.
func differences(want, have jetstream.StreamConfig) []string {
	var diffs []string
	w, h := reflect.ValueOf(want), reflect.ValueOf(have)
	for i := range w.NumField() {
		field := w.Type().Field(i)
		if field.Name == "Metadata" || (w.Field(i).IsZero() && !alwaysCompared[field.Name]) {
			continue
		}
		if !reflect.DeepEqual(w.Field(i).Interface(), h.Field(i).Interface()) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			diffs = append(diffs, fmt.Sprintf("%s is %v, wanted %v", name, h.Field(i).Interface(), w.Field(i).Interface()))
		}
	}
	return diffs
}

// bucketStream is the stream that a bucket's declaration comes down to, as far as we state it.
func bucketStream(b jetstream.KeyValueConfig) jetstream.StreamConfig {
	c := jetstream.StreamConfig{
		Name: "KV_" + b.Bucket, Description: b.Description, Subjects: []string{"$KV." + b.Bucket + ".>"},
		Retention: jetstream.LimitsPolicy, Storage: b.Storage, Discard: jetstream.DiscardNew,
		MaxMsgsPerSubject: int64(b.History), MaxAge: b.TTL, Replicas: b.Replicas,
		AllowRollup: true, DenyDelete: true, AllowDirect: true,
	}
	if b.Compression {
		c.Compression = jetstream.S2Compression
	}
	return c
}
