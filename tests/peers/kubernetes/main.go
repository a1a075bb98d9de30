// Command kubernetes asks sigs.k8s.io/kube-network-policies for its verdicts. It reads worlds as
// JSON lines, {"objects": [..], "packets": [..]}, and writes a line of verdicts for each.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"

	v1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	npav1alpha1 "sigs.k8s.io/network-policy-api/apis/v1alpha1"
	npafake "sigs.k8s.io/network-policy-api/pkg/client/clientset/versioned/fake"
	npainformers "sigs.k8s.io/network-policy-api/pkg/client/informers/externalversions"

	_ "unsafe" // for go:linkname
)

// packet has the fields of the module's own type of that name, in its order.
type packet struct {
	id      uint32
	family  v1.IPFamily
	srcIP   net.IP
	dstIP   net.IP
	proto   v1.Protocol
	srcPort int
	dstPort int
	payload []byte
}

// The module decides a packet here and exports no way to ask.
//
//go:linkname evaluatePacket sigs.k8s.io/kube-network-policies/pkg/networkpolicy.(*Controller).evaluatePacket
func evaluatePacket(c *networkpolicy.Controller, ctx context.Context, p packet) bool

// world is one line of input.
type world struct {
	Objects []json.RawMessage `json:"objects"`
	Packets []struct {
		Source      string      `json:"source"`
		Destination string      `json:"destination"`
		Port        int         `json:"port"`
		Protocol    v1.Protocol `json:"protocol"`
	} `json:"packets"`
}

// answer is whether one packet passes: the policy for ingress alone, and that for egress alone. The
// two are asked apart, because in this module a NetworkPolicy of one direction switches baseline
// policy of the other off.
type answer struct {
	Ingress bool `json:"ingress"`
	Egress  bool `json:"egress"`
}

// engine is the module's controller over stores that are filled by hand.
type engine struct {
	controller *networkpolicy.Controller
	stores     map[string]cache.Store
}

func newEngine() *engine {
	client := fake.NewSimpleClientset()
	core := informers.NewSharedInformerFactory(client, 0)
	admin := npafake.NewSimpleClientset()
	api := npainformers.NewSharedInformerFactory(admin, 0)
	policies := core.Networking().V1().NetworkPolicies()
	namespaces := core.Core().V1().Namespaces()
	pods := core.Core().V1().Pods()
	nodes := core.Core().V1().Nodes()
	admins := api.Policy().V1alpha1().AdminNetworkPolicies()
	baselines := api.Policy().V1alpha1().BaselineAdminNetworkPolicies()
	// NRI stays on: without it this release panics at an address of nobody. It is never connected.
	config := networkpolicy.Config{
		AdminNetworkPolicy:         true,
		BaselineAdminNetworkPolicy: true,
		NodeName:                   "no-node",
	}
	controller, err := networkpolicy.NewController(client, policies, namespaces, pods, nodes, admin, admins, baselines, config)
	check(err)
	return &engine{controller, map[string]cache.Store{
		"NetworkPolicy":              policies.Informer().GetStore(),
		"Namespace":                  namespaces.Informer().GetStore(),
		"Pod":                        pods.Informer().GetStore(),
		"Node":                       nodes.Informer().GetStore(),
		"AdminNetworkPolicy":         admins.Informer().GetStore(),
		"BaselineAdminNetworkPolicy": baselines.Informer().GetStore(),
	}}
}

// load fills the stores with objects, and of policy with what it says of these directions.
func (e *engine) load(objects []json.RawMessage, ingress, egress bool) {
	kept := map[string][]interface{}{}
	for _, raw := range objects {
		kind, object := decode(raw)
		if object = directed(object, ingress, egress); object != nil {
			kept[kind] = append(kept[kind], object)
		}
	}
	for kind, store := range e.stores {
		check(store.Replace(kept[kind], ""))
	}
}

// decode reads an object and sets what the API server sets.
func decode(raw json.RawMessage) (string, interface{}) {
	var head struct {
		Kind string `json:"kind"`
	}
	check(json.Unmarshal(raw, &head))
	var object interface{}
	switch head.Kind {
	case "NetworkPolicy":
		object = &networkingv1.NetworkPolicy{}
	case "Namespace":
		object = &v1.Namespace{}
	case "Pod":
		object = &v1.Pod{}
	case "Node":
		object = &v1.Node{}
	case "AdminNetworkPolicy":
		object = &npav1alpha1.AdminNetworkPolicy{}
	case "BaselineAdminNetworkPolicy":
		object = &npav1alpha1.BaselineAdminNetworkPolicy{}
	default:
		check(fmt.Errorf("kind %q is not known here", head.Kind))
	}
	check(json.Unmarshal(raw, object))
	if policy, ok := object.(*networkingv1.NetworkPolicy); ok {
		setDefaults(policy)
	}
	return head.Kind, object
}

// setDefaults does what the API server does to a NetworkPolicy before it is kept.
func setDefaults(policy *networkingv1.NetworkPolicy) {
	spec := &policy.Spec
	if len(spec.PolicyTypes) == 0 {
		spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeIngress)
		if len(spec.Egress) > 0 {
			spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	// An empty list is not written into the store, and so comes back as none.
	if len(spec.Ingress) == 0 {
		spec.Ingress = nil
	}
	if len(spec.Egress) == 0 {
		spec.Egress = nil
	}
	tcp := v1.ProtocolTCP
	for _, rule := range spec.Ingress {
		for place := range rule.Ports {
			if rule.Ports[place].Protocol == nil {
				rule.Ports[place].Protocol = &tcp
			}
		}
	}
	for _, rule := range spec.Egress {
		for place := range rule.Ports {
			if rule.Ports[place].Protocol == nil {
				rule.Ports[place].Protocol = &tcp
			}
		}
	}
}

// directed takes the other direction out of a policy; none is left of one that says nothing then.
func directed(object interface{}, ingress, egress bool) interface{} {
	switch policy := object.(type) {
	case *networkingv1.NetworkPolicy:
		var types []networkingv1.PolicyType
		for _, one := range policy.Spec.PolicyTypes {
			if (one == networkingv1.PolicyTypeIngress && ingress) || (one == networkingv1.PolicyTypeEgress && egress) {
				types = append(types, one)
			}
		}
		if len(types) == 0 {
			return nil
		}
		policy.Spec.PolicyTypes = types
	case *npav1alpha1.AdminNetworkPolicy:
		if !ingress {
			policy.Spec.Ingress = nil
		}
		if !egress {
			policy.Spec.Egress = nil
		}
	case *npav1alpha1.BaselineAdminNetworkPolicy:
		if !ingress {
			policy.Spec.Ingress = nil
		}
		if !egress {
			policy.Spec.Egress = nil
		}
	}
	return object
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	ingress, egress := newEngine(), newEngine()
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	decoder := json.NewDecoder(in)
	encoder := json.NewEncoder(out)
	for decoder.More() {
		var asked world
		check(decoder.Decode(&asked))
		ingress.load(asked.Objects, true, false)
		egress.load(asked.Objects, false, true)
		answers := []answer{}
		for _, one := range asked.Packets {
			sent := packet{
				srcIP:   net.ParseIP(one.Source),
				dstIP:   net.ParseIP(one.Destination),
				proto:   one.Protocol,
				srcPort: 40000,
				dstPort: one.Port,
			}
			ask := func(e *engine) bool {
				return evaluatePacket(e.controller, context.Background(), sent)
			}
			answers = append(answers, answer{ask(ingress), ask(egress)})
		}
		check(encoder.Encode(answers))
		check(out.Flush())
	}
}
