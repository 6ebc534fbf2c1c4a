import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface MenuItem {
  readonly label: string;
  readonly run: () => void;
  /** As shown: "Ctrl+P". */
  readonly keys?: string | undefined;
  readonly checked?: boolean | undefined;
  readonly disabled?: boolean | undefined;
}

export interface Menu {
  readonly title: string;
  readonly items: readonly (MenuItem | "line")[];
}

/** A menu bar as on a desktop: Alt or a click goes in, arrow keys move, Escape leaves. */
export function MenuBar({ menus }: { menus: readonly Menu[] }) {
  const [open, setOpen] = useState(-1);
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (open < 0) return;
    const close = (event: MouseEvent): void => {
      if (!(event.target instanceof Node) || bar.current?.contains(event.target) !== true) setOpen(-1);
    };
    document.addEventListener("mousedown", close);
    return () => document.removeEventListener("mousedown", close);
  }, [open]);
  const titles = (): HTMLElement[] => [...(bar.current?.querySelectorAll<HTMLElement>(":scope > .menu > button") ?? [])];
  const goTo = (menu: number): void => {
    const at = (menu + menus.length) % menus.length;
    if (open >= 0) setOpen(at);
    titles()[at]?.focus();
  };
  return (
    <div class="menubar" role="menubar" aria-label="Menu" ref={bar}>
      {menus.map((menu, i) => (
        <div class="menu" key={menu.title} role="none">
          <button
            type="button"
            role="menuitem"
            aria-haspopup="menu"
            aria-expanded={open === i}
            tabIndex={i === 0 || open === i ? 0 : -1}
            onClick={() => setOpen(open === i ? -1 : i)}
            onMouseEnter={() => open >= 0 && setOpen(i)}
            onKeyDown={(event) => {
              if (event.key === "ArrowRight") goTo(i + 1);
              else if (event.key === "ArrowLeft") goTo(i - 1);
              else if (event.key === "ArrowDown") setOpen(i);
              else if (event.key === "Escape") setOpen(-1);
              else return;
              event.preventDefault();
            }}
          >
            {menu.title}
          </button>
          {open === i && <Items menu={menu} leave={() => (setOpen(-1), titles()[i]?.focus())} aside={(step) => goTo(i + step)} close={() => setOpen(-1)} />}
        </div>
      ))}
    </div>
  );
}

function Items({ menu, leave, aside, close }: { menu: Menu; leave: () => void; aside: (step: number) => void; close: () => void }) {
  const list = useRef<HTMLUListElement>(null);
  const buttons = (): HTMLButtonElement[] => [...(list.current?.querySelectorAll<HTMLButtonElement>("button:not(:disabled)") ?? [])];
  useLayoutEffect(() => buttons()[0]?.focus(), []);
  const key = (event: KeyboardEvent): void => {
    const all = buttons();
    const at = all.findIndex((button) => button === document.activeElement);
    if (event.key === "ArrowDown") all[(at + 1) % all.length]?.focus();
    else if (event.key === "ArrowUp") all[(at + all.length - 1) % all.length]?.focus();
    else if (event.key === "ArrowRight") aside(1);
    else if (event.key === "ArrowLeft") aside(-1);
    else if (event.key === "Escape") leave();
    else if (event.key === "Tab") close();
    else return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  };
  return (
    <ul class="items" role="menu" aria-label={menu.title} ref={list} onKeyDown={key}>
      {menu.items.map((item, i) =>
        item === "line" ? (
          <li key={i} role="separator" />
        ) : (
          <li key={item.label} role="none">
            <button
              type="button"
              role={item.checked === undefined ? "menuitem" : "menuitemcheckbox"}
              aria-checked={item.checked}
              disabled={item.disabled}
              tabIndex={-1}
              onClick={() => {
                close();
                item.run();
              }}
            >
              <span class="check" aria-hidden="true">
                {item.checked === true ? "✓" : ""}
              </span>
              <span class="label">{item.label}</span>
              <span class="keys">{item.keys ?? ""}</span>
            </button>
          </li>
        ),
      )}
    </ul>
  );
}
