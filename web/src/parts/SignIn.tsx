import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { RefusedError } from "../api";
import { signIn, words } from "../desk";
import { say } from "../words";
import { Icon } from "./icons";

const SEVERAL = 4003; // the error code of an e-mail and a password that fit in several communities

export function SignIn() {
  const email = useSignal("");
  const password = useSignal("");
  const communities = useSignal<string[]>([]);
  const community = useSignal<string | null>(null);
  const problem = useSignal("");
  const isBusy = useSignal(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => {
    first.current?.focus();
    document.title = say("signin.title");
  }, []);

  async function submit(event: Event) {
    event.preventDefault();
    problem.value = "";
    isBusy.value = true;
    try {
      await signIn(email.value, password.value, community.value);
    } catch (error) {
      if (error instanceof RefusedError && error.code === SEVERAL) {
        communities.value = error.places.map((each) => each.text);
        community.value = communities.value[0] ?? null;
      } else if (error instanceof RefusedError && error.status === 401) problem.value = say("signin.wrong");
      else problem.value = words(error);
    } finally {
      isBusy.value = false;
    }
  }

  if (!window.isSecureContext)
    return (
      <main class="signin">
        <h1>{say("signin.title")}</h1>
        <p role="alert">{say("signin.https")}</p>
      </main>
    );
  return (
    <main class="signin">
      <form onSubmit={submit} aria-describedby={problem.value ? "signin-problem" : undefined}>
        <img src={new URL("../icon.svg", import.meta.url).href} alt="" width="40" height="40" />
        <h1>{say("signin.title")}</h1>
        <p class="quiet">{say("signin.lead")}</p>
        <label for="email">{say("signin.email")}</label>
        <input
          id="email"
          ref={first}
          type="email"
          autocomplete="username"
          required
          value={email}
          onInput={(event) => (email.value = event.currentTarget.value)}
          aria-invalid={problem.value !== ""}
          aria-describedby="signin-problem"
        />
        <label for="password">{say("signin.password")}</label>
        <input
          id="password"
          type="password"
          autocomplete="current-password"
          required
          value={password}
          onInput={(event) => (password.value = event.currentTarget.value)}
          aria-invalid={problem.value !== ""}
          aria-describedby="signin-problem"
        />
        {communities.value.length > 0 && (
          <fieldset>
            <legend>{say("signin.which")}</legend>
            {communities.value.map((each) => (
              <label class="choice" key={each}>
                <input type="radio" name="community" checked={community.value === each} onChange={() => (community.value = each)} />
                {each}
              </label>
            ))}
          </fieldset>
        )}
        <p id="signin-problem" class="problem" role="alert">
          {problem.value && (
            <>
              <Icon name="warning" /> {problem}
            </>
          )}
        </p>
        <button class="main wide" type="submit" disabled={isBusy}>
          {say("signin.go")}
        </button>
      </form>
    </main>
  );
}
