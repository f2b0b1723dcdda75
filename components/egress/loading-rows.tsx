// What stands in the place of the rows until the server was heard for the first time.
/** As high as the rows that will be here, so that nothing shifts when they come. */
export function LoadingRows() {
  return (
    <div className="min-h-0 flex-1 overflow-hidden">
      <p className="sr-only" role="status">
        Asking what was seen
      </p>
      <div aria-hidden className="h-7 border-b max-xl:hidden" />
      {places.map((place) => (
        <div
          key={place}
          aria-hidden
          className="flex h-[39px] items-center gap-8 border-b px-4 max-xl:h-[156px] max-md:px-3"
        >
          <div className="h-2.5 w-32 rounded-sm bg-raised" />
          <div className="h-2.5 flex-1 rounded-sm bg-raised" />
          <div className="h-2.5 w-40 rounded-sm bg-raised max-md:hidden" />
        </div>
      ))}
    </div>
  )
}

const places = Array.from({ length: 14 }, (_, index) => index)
