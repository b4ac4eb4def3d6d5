//go:build !race

package sandbox_test

// raceEnabled tells that times mean nothing.
const raceEnabled = false
