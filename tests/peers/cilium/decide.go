package main

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"

	"github.com/cilium/cilium/pkg/crypto/certificatemanager"
	"github.com/cilium/cilium/pkg/endpoint/regeneration"
	envoypolicy "github.com/cilium/cilium/pkg/envoy/policy"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	ipcachetypes "github.com/cilium/cilium/pkg/ipcache/types"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/types"
	"github.com/cilium/cilium/pkg/policy/utils"
	"github.com/cilium/cilium/pkg/u8proto"
	corev1 "k8s.io/api/core/v1"
)

var discard = slog.New(slog.NewTextHandler(io.Discard, nil))

// firstPod is the first number of an identity that is not reserved.
const firstPod = identity.NumericIdentity(1000)

// decide answers every ask of a world.
func decide(logger *slog.Logger, world *World) ([]bool, error) {
	s, err := load(world)
	if err != nil {
		return nil, err
	}
	pod := s.pod(world.Namespace, world.Name)
	if pod == nil {
		return nil, fmt.Errorf("no pod %s/%s", world.Namespace, world.Name)
	}
	known := newIdentities()
	own := known.add(s.identityOf(pod), 0)
	peers := make([]identity.NumericIdentity, len(world.Asks))
	for index, ask := range world.Asks {
		lbls, number, err := s.peer(ask.Address, pod)
		if err != nil {
			return nil, err
		}
		peers[index] = known.add(lbls, number).ID
	}
	repo := policy.NewPolicyRepository(logger, known.numbers, nil,
		envoypolicy.NewEnvoyL7RulesTranslator(logger, certificatemanager.NewMockSecretManagerInline()),
		identitymanager.NewIDManager(logger), nil)
	// It takes out of the map what it knows already.
	repo.UpdateIdentities(maps.Clone(known.numbers), nil)
	for index, written := range s.policies {
		rules, err := written.rules()
		if err != nil {
			return nil, err
		}
		repo.ReplaceByResource(utils.RulesToPolicyEntries(rules), ipcachetypes.ResourceID(fmt.Sprint("policy", index)))
	}
	selected, _, err := repo.ComputeSelectorPolicy(own)
	if err != nil {
		return nil, err
	}
	distilled := selected.DistillPolicy(logger, &owner{pod}, map[string]uint16{policy.FallbackRedirectID: math.MaxUint16})
	distilled.Ready()
	allowed := make([]bool, len(world.Asks))
	for index := range world.Asks {
		allowed[index] = admits(distilled, world.Direction == "Ingress", &world.Asks[index], peers[index], pod)
	}
	distilled.Detach(logger)
	selected.Supersede()
	return allowed, nil
}

// admits looks a connection up as the datapath does, and asks the HTTP rules where it is redirected.
func admits(distilled *policy.EndpointPolicy, ingress bool, ask *Ask, peer identity.NumericIdentity, own *corev1.Pod) bool {
	of := distilled.SelectorPolicy
	enforced, rules := of.EgressPolicyEnabled, &of.L4Policy.Egress
	key := policy.EgressKey()
	if ingress {
		enforced, rules = of.IngressPolicyEnabled, &of.L4Policy.Ingress
		key = policy.IngressKey()
	}
	if !enforced {
		return true
	}
	entry, _, found := distilled.Lookup(key.WithIdentity(peer).WithPortProto(u8proto.TCP, ask.Port))
	if !found || entry.IsDeny() {
		return false
	}
	switch entry.AuthRequirement.AuthType() {
	case types.AuthTypeAlwaysFail:
		return false
	case types.AuthTypeSpire:
		if !ask.Verified {
			return false
		}
	}
	if entry.ProxyPort == 0 {
		return true
	}
	if ask.HTTP == nil {
		return false
	}
	return passes(rules.PortRules, ask, peer, own)
}

// identities are the identities of a world, each once.
type identities struct {
	numbers identity.IdentityMap
	all     map[string]*identity.Identity
}

func newIdentities() *identities {
	return &identities{identity.IdentityMap{}, map[string]*identity.Identity{}}
}

func (i *identities) add(lbls labels.Labels, number identity.NumericIdentity) *identity.Identity {
	key := lbls.String()
	if known, ok := i.all[key]; ok {
		return known
	}
	if number == 0 {
		number = firstPod + identity.NumericIdentity(len(i.all))
	}
	added := identity.NewIdentity(number, lbls)
	i.all[key] = added
	i.numbers[number] = added.LabelArray
	return added
}

// owner is the endpoint that enforces.
type owner struct{ pod *corev1.Pod }

func (o *owner) GetID() uint64                               { return 1 }
func (o *owner) PolicyDebug(string, ...any)                  {}
func (o *owner) IsHost() bool                                { return false }
func (o *owner) PreviousMapStateSizes() policy.MapStateSizes { return policy.MapStateSizes{} }
func (o *owner) GetIngressNamedPort(name string, proto u8proto.U8proto) uint16 {
	return namedPort(o.pod, name, proto)
}

func (o *owner) RegenerateIfAlive(*regeneration.ExternalRegenerationMetadata) <-chan bool {
	done := make(chan bool)
	close(done)
	return done
}

// namedPort is the number of a port of a pod; only `containers` are read.
func namedPort(pod *corev1.Pod, name string, proto u8proto.U8proto) uint16 {
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			protocol := string(port.Protocol)
			if protocol == "" {
				protocol = "TCP"
			}
			if port.Name == name && protocol == proto.String() {
				return uint16(port.ContainerPort)
			}
		}
	}
	return 0
}
