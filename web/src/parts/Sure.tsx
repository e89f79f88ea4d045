import { layer, type Question } from "../layers";
import { say } from "../words";
import { Dialog } from "./Dialog";

/** Asks once before something is done. */
export function Sure({ question }: { question: Question }) {
  const shut = () => (layer.value = null);
  return (
    <Dialog label={question.text} close={shut} isTop>
      <div class="sure">
        <h2>{question.text}</h2>
        <p class="surebuttons">
          <button
            type="button"
            class="main"
            onClick={() => {
              shut();
              question.run();
            }}
          >
            {question.button}
          </button>
          <button type="button" onClick={shut}>
            {say("cancel")}
          </button>
        </p>
      </div>
    </Dialog>
  );
}
