package deliver

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// A connector is closed only after everybody has done with it, and nobody begins then.
func TestAConnectionEndsAfterWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, a := &Service{posters: map[string]*attached{}}, &attached{}
		s.keep("acme-books", a)
		_, sweep := s.use("acme-books")
		probe, ok := a.begin()
		require.True(t, ok)
		closed := false
		go func() {
			s.keep("acme-books", nil)
			a.end()
			closed = true
		}()
		for _, done := range []func(){sweep, probe} {
			synctest.Wait()
			require.False(t, closed, "the connector is in use")
			_, ok = a.begin()
			require.False(t, ok, "nobody begins any more")
			p, none := s.use("acme-books")
			require.Nil(t, p)
			none()
			done()
		}
		synctest.Wait()
		require.True(t, closed)
	})
}
