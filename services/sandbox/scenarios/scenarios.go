// Package scenarios holds the scenario files that come with the sandbox.
package scenarios

import "embed"

// Files are the scenario files.
//
//go:embed *.yaml
var Files embed.FS
