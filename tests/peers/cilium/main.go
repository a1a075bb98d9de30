// Command cilium asks Cilium's own policy code about worlds: it reads one world per line of its
// input, and writes one line of verdicts for each.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
)

// World is what one workload enforces, and who asks.
type World struct {
	Cluster   string            `json:"cluster"`
	Objects   []json.RawMessage `json:"objects"`
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	Direction string            `json:"direction"`
	Asks      []Ask             `json:"asks"`
}

// Ask is a connection, and perhaps a request on it.
type Ask struct {
	Address  string `json:"address"`
	Port     uint16 `json:"port"`
	Verified bool   `json:"verified"`
	HTTP     *HTTP  `json:"http"`
}

// HTTP is a request.
type HTTP struct {
	Method  string      `json:"method"`
	Path    string      `json:"path"`
	Host    string      `json:"host"`
	Headers [][2]string `json:"headers"`
}

// Answer has a verdict for each ask, or why there is none.
type Answer struct {
	Error   string `json:"error,omitempty"`
	Allowed []bool `json:"allowed"`
}

func main() {
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	option.Config.EnableIPv4 = true
	option.Config.EnableIPv6 = true
	option.Config.UnsafeDaemonConfigOption.AllowLocalhost = option.AllowLocalhostAlways
	policy.SetPolicyEnabled(option.DefaultEnforcement)
	if err := labelsfilter.ParseLabelPrefixCfg(logger, nil, nil, ""); err != nil {
		fail(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	out := bufio.NewWriter(os.Stdout)
	for lines.Scan() {
		var world World
		if err := json.Unmarshal(lines.Bytes(), &world); err != nil {
			fail(err)
		}
		option.Config.ClusterName = world.Cluster
		api.InitEntities(world.Cluster)
		answer := Answer{}
		allowed, err := decide(logger, &world)
		if err != nil {
			answer.Error = err.Error()
		}
		answer.Allowed = allowed
		line, err := json.Marshal(answer)
		if err != nil {
			fail(err)
		}
		out.Write(append(line, '\n'))
		out.Flush()
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "cilium:", err)
	os.Exit(1)
}
