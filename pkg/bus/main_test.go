package bus_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No test leaves a goroutine behind. What the proxy of the tests itself leaves
// when a link is cut in the middle of a write is not ours.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"))
}
