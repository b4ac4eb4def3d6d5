package cli

import "github.com/spf13/cobra"

func newDoctor(g *global) *cobra.Command { return &cobra.Command{Use: "doctor", Args: cobra.NoArgs} }
