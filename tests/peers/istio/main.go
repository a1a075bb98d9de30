// Translates AuthorizationPolicies as Istio does: its validation, then its builder of RBAC filters.
//
// One JSON object a line comes in:
//
//	{"trustDomain": "cluster.local", "aliases": [], "policies": [AuthorizationPolicy, ..]}
//
// One JSON object a line goes out, in the same order: either what Istio puts before Envoy's router,
//
//	{"filters": [RBAC filter configuration, ..]}
//
// or the reason why its validation refuses one of the policies,
//
//	{"refused": "text"}
//
// Every policy is taken to select the workload: whom a policy selects is not what this program is asked.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	rbachttp "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/rbac/v3"
	"google.golang.org/protobuf/encoding/protojson"

	securityapi "istio.io/api/security/v1beta1"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/security/authz/builder"
	"istio.io/istio/pilot/pkg/security/trustdomain"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/schema/gvk"
	"istio.io/istio/pkg/config/validation"
	"istio.io/istio/pkg/log"
)

type world struct {
	TrustDomain string   `json:"trustDomain"`
	Aliases     []string `json:"aliases"`
	Policies    []policy `json:"policies"`
}

type policy struct {
	Metadata struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec json.RawMessage `json:"spec"`
}

type answer struct {
	Filters []json.RawMessage `json:"filters,omitempty"`
	Refused string            `json:"refused,omitempty"`
}

func main() {
	// What the builder has to say about each rule would stand between the answers.
	silent := log.DefaultOptions()
	silent.OutputPaths = []string{os.DevNull}
	silent.ErrorOutputPaths = []string{os.DevNull}
	if err := log.Configure(silent); err != nil {
		fail(err)
	}

	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 0, 1<<16), 16<<20)
	out := bufio.NewWriter(os.Stdout)
	for lines.Scan() {
		said, err := json.Marshal(translate(lines.Bytes()))
		if err != nil {
			fail(err)
		}
		out.Write(said)
		out.WriteByte('\n')
		// Who asks waits for each answer before the next question.
		if err := out.Flush(); err != nil {
			fail(err)
		}
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "istio peer:", err)
	os.Exit(1)
}

func translate(line []byte) answer {
	var asked world
	if err := json.Unmarshal(line, &asked); err != nil {
		return answer{Refused: "the line is no world: " + err.Error()}
	}
	var selected model.AuthorizationPoliciesResult
	for _, given := range asked.Policies {
		spec := &securityapi.AuthorizationPolicy{}
		if len(given.Spec) > 0 {
			if err := spec.UnmarshalJSON(given.Spec); err != nil {
				return answer{Refused: err.Error()}
			}
		}
		_, err := validation.ValidateAuthorizationPolicy(config.Config{
			Meta: config.Meta{
				GroupVersionKind: gvk.AuthorizationPolicy,
				Name:             given.Metadata.Name,
				Namespace:        given.Metadata.Namespace,
				Annotations:      given.Metadata.Annotations,
			},
			Spec: spec,
		})
		if err != nil {
			return answer{Refused: err.Error()}
		}
		policy := model.AuthorizationPolicy{
			Name:        given.Metadata.Name,
			Namespace:   given.Metadata.Namespace,
			Annotations: given.Metadata.Annotations,
			Spec:        spec,
		}
		switch spec.GetAction() {
		case securityapi.AuthorizationPolicy_ALLOW:
			selected.Allow = append(selected.Allow, policy)
		case securityapi.AuthorizationPolicy_DENY:
			selected.Deny = append(selected.Deny, policy)
		case securityapi.AuthorizationPolicy_AUDIT:
			selected.Audit = append(selected.Audit, policy)
		default:
			return answer{Refused: "CUSTOM asks another server, which no filter can stand for"}
		}
	}
	built := builder.New(trustdomain.NewBundle(asked.TrustDomain, asked.Aliases), nil, selected, builder.Option{})
	if built == nil {
		return answer{Filters: []json.RawMessage{}}
	}
	said := answer{Filters: []json.RawMessage{}}
	for _, filter := range built.BuildHTTP() {
		rules := &rbachttp.RBAC{}
		if err := filter.GetTypedConfig().UnmarshalTo(rules); err != nil {
			return answer{Refused: "no RBAC filter: " + err.Error()}
		}
		// protojson puts blanks in at random; a second reading takes them out, so that equal worlds get equal bytes.
		shown, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(rules)
		if err != nil {
			return answer{Refused: "no JSON: " + err.Error()}
		}
		var plain any
		if err := json.Unmarshal(shown, &plain); err != nil {
			return answer{Refused: "no JSON: " + err.Error()}
		}
		canonical, err := json.Marshal(plain)
		if err != nil {
			return answer{Refused: "no JSON: " + err.Error()}
		}
		said.Filters = append(said.Filters, canonical)
	}
	return said
}
