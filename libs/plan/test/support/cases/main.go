// Writes OPA's own test cases as plans, one JSON document a line: the plan, the data, the input, and what OPA itself
// answers, in its order. Run it in the folder of OPA's Go module.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"
	"github.com/open-policy-agent/opa/v1/ir"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/test/cases"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Case is a line of the output. Values are JSON texts: their numbers keep every digit.
type Case struct {
	Note      string            `json:"note"`
	Path      string            `json:"path"`
	Plan      *ir.Policy        `json:"plan,omitempty"`
	Data      string            `json:"data"`
	Input     any               `json:"input,omitempty"`
	Strict    bool              `json:"strict"`
	Env       map[string]string `json:"env,omitempty"`
	Result    *string           `json:"result,omitempty"`
	ErrorCode string            `json:"errorCode,omitempty"`
	Error     string            `json:"error,omitempty"`
	LeftOut   string            `json:"leftOut,omitempty"`
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for _, tc := range cases.MustLoad("v1/test/cases/testdata/v1").Sorted().Cases {
		line, err := convert(tc)
		if err != nil {
			line = Case{Note: tc.Note, LeftOut: err.Error()}
		}
		if err := encoder.Encode(line); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func convert(tc cases.TestCase) (Case, error) {
	for name, value := range tc.Env {
		os.Setenv(name, value)
		defer os.Unsetenv(name)
	}
	ref, err := reference(tc.Query)
	if err != nil {
		return Case{}, err
	}
	path, err := ref.Ptr()
	if err != nil {
		return Case{}, errors.New("the query's reference is no path of texts")
	}
	line := Case{Note: tc.Note, Path: path, Data: "{}", Strict: tc.StrictError, Env: tc.Env}
	data := map[string]any{}
	if tc.Data != nil {
		data = *tc.Data
	}
	bs, err := json.Marshal(data)
	if err != nil {
		return Case{}, err
	}
	line.Data = string(bs)
	input, err := inputOf(tc)
	if err != nil {
		return Case{}, err
	}
	if input != nil {
		line.Input = tagged(input)
	}
	if line.Plan, err = plan(tc, path); err != nil {
		return Case{}, fmt.Errorf("OPA can't plan it: %w", err)
	}
	line.Result, line.ErrorCode, line.Error = answer(tc, ref, data, input)
	return line, nil
}

// reference gives the reference of a query like `data.a.b = x`.
func reference(query string) (ast.Ref, error) {
	body, err := ast.ParseBody(query)
	if err != nil {
		return nil, err
	}
	if len(body) != 1 || !body[0].IsEquality() || len(body[0].With) > 0 {
		return nil, errors.New("the query is no reference to data")
	}
	ref, ok := body[0].Operand(0).Value.(ast.Ref)
	if _, isVar := body[0].Operand(1).Value.(ast.Var); !ok || !isVar || !ref.IsGround() || !ref[0].Equal(ast.DefaultRootDocument) {
		return nil, errors.New("the query is no reference to data")
	}
	return ref, nil
}

func inputOf(tc cases.TestCase) (*ast.Term, error) {
	if tc.InputTerm != nil {
		term, err := ast.ParseTerm(*tc.InputTerm)
		if err != nil {
			return nil, err
		}
		return term, nil
	}
	if tc.Input == nil {
		return nil, nil
	}
	value, err := ast.InterfaceToValue(*tc.Input)
	return ast.NewTerm(value), err
}

// tagged writes a term that JSON may not hold: sets, and objects with any keys.
func tagged(term *ast.Term) any {
	switch v := term.Value.(type) {
	case *ast.Array:
		items := []any{}
		v.Foreach(func(item *ast.Term) { items = append(items, tagged(item)) })
		return map[string]any{"array": items}
	case ast.Set:
		items := []any{}
		v.Foreach(func(item *ast.Term) { items = append(items, tagged(item)) })
		return map[string]any{"set": items}
	case ast.Object:
		entries := []any{}
		v.Foreach(func(key, value *ast.Term) { entries = append(entries, []any{tagged(key), tagged(value)}) })
		return map[string]any{"object": entries}
	default:
		native, _ := ast.JSON(v)
		return map[string]any{"scalar": native}
	}
}

func options(tc cases.TestCase) ast.ParserOptions {
	opts := ast.ParserOptions{RegoVersion: ast.RegoV1}
	if tc.ExperimentalKeywords {
		opts.Capabilities = ast.CapabilitiesForThisVersion(ast.CapabilitiesExperimentalKeywords(true))
	}
	return opts
}

func plan(tc cases.TestCase, path string) (*ir.Policy, error) {
	b := &bundle.Bundle{Data: map[string]any{}}
	b.Manifest.Init()
	for i, text := range tc.Modules {
		name := fmt.Sprintf("test-%d.rego", i)
		module, err := ast.ParseModuleWithOpts(name, text, options(tc))
		if err != nil {
			return nil, err
		}
		b.Modules = append(b.Modules, bundle.ModuleFile{URL: name, Path: name, Raw: []byte(text), Parsed: module})
	}
	capabilities := ast.CapabilitiesForThisVersion(ast.CapabilitiesExperimentalKeywords(true))
	compiler := compile.New().WithTarget(compile.TargetPlan).WithRegoVersion(ast.RegoV1).
		WithCapabilities(capabilities).WithBundle(b).WithEntrypoints(strings.TrimPrefix(path, "/"))
	if err := compiler.Build(context.Background()); err != nil {
		return nil, err
	}
	var policy ir.Policy
	for _, file := range compiler.Bundle().PlanModules {
		if err := json.Unmarshal(file.Raw, &policy); err != nil {
			return nil, err
		}
	}
	return &policy, nil
}

// answer asks OPA.
func answer(tc cases.TestCase, ref ast.Ref, data map[string]any, input *ast.Term) (*string, string, string) {
	ctx := context.Background()
	modules := map[string]string{}
	for i, text := range tc.Modules {
		modules[fmt.Sprintf("test-%d.rego", i)] = text
	}
	compiler := ast.MustCompileModulesWithOpts(modules, ast.CompileOpts{ParserOptions: options(tc)})
	query, err := compiler.QueryCompiler().Compile(ast.MustParseBody(ref.String() + " = x"))
	if err != nil {
		return nil, "query", err.Error()
	}
	store := inmem.NewFromObject(data)
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, "store", err.Error()
	}
	rs, err := topdown.NewQuery(query).WithCompiler(compiler).WithStore(store).WithTransaction(txn).WithInput(input).
		WithStrictBuiltinErrors(tc.StrictError).Run(ctx)
	if err != nil {
		var failure *topdown.Error
		if errors.As(err, &failure) {
			return nil, failure.Code, failure.Error()
		}
		return nil, "other", err.Error()
	}
	if len(rs) == 0 {
		return nil, "", ""
	}
	text, err := jsonOf(rs[0][ast.Var("x")].Value)
	if err != nil {
		return nil, "json", err.Error()
	}
	return &text, "", ""
}

func jsonOf(value ast.Value) (string, error) {
	native, err := ast.JSONWithOpt(value, ast.JSONOpt{SortSets: true})
	if err != nil {
		return "", err
	}
	bs, err := json.Marshal(native)
	return string(bs), err
}
